// ReusePool: objects that keep large buffers from one use to the next, shared by threads, so that
// there are as many as threads at work at one time, not as many as threads.
//
//   const auto encoder = pool.Take();
//   encoder->Encode(..);
//
// Threads:  thread-safe; what was taken belongs to its taker. The pool outlives what was taken.
// Owns:     the objects that nobody has taken.
// Errors:   none.
#ifndef STORAGE_MODEL_REUSE_POOL_H_
#define STORAGE_MODEL_REUSE_POOL_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "storage/model/mutex.h"

namespace varve::storage {

template <typename T>
class ReusePool {
 public:
  // An object for a while; it goes back to the pool at the end.
  class Taken {
   public:
    Taken(ReusePool* pool, std::unique_ptr<T> object) : pool_(pool), object_(std::move(object)) {}
    ~Taken() { pool_->GiveBack(std::move(object_)); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

    T& operator*() const { return *object_; }
    T* operator->() const { return object_.get(); }

   private:
    ReusePool* const pool_;
    std::unique_ptr<T> object_;
  };

  // The object that was used last, or a new one. It is as its last user left it.
  Taken Take() {
    {
      MutexLock lock(&mutex_);
      if (!free_.empty()) {
        std::unique_ptr<T> object = std::move(free_.back());
        free_.pop_back();
        return Taken(this, std::move(object));
      }
    }
    return Taken(this, std::make_unique<T>());
  }

  size_t free_count() const {
    MutexLock lock(&mutex_);
    return free_.size();
  }

 private:
  // Of more than this, which a rush of writers needed once, the buffers are given back.
  static constexpr size_t kFreeMax = 4;

  void GiveBack(std::unique_ptr<T> object) {
    MutexLock lock(&mutex_);
    if (free_.size() < kFreeMax) free_.push_back(std::move(object));
  }

  mutable Mutex mutex_;
  std::vector<std::unique_ptr<T>> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_MODEL_REUSE_POOL_H_
