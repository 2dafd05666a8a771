// WorkerPool: a fixed set of threads that queries run on and share their work over. They have a
// lower priority than those that take writes.
//
// Threads:  thread-safe. ParallelFor may be called from a task: the caller always works itself, so
//           that nesting cannot dead-lock.
// Owns:     its threads; the destructor finishes what was submitted and joins them.
// Errors:   none; tasks report through their own captures.
#ifndef QUERY_ENGINE_WORKER_POOL_H_
#define QUERY_ENGINE_WORKER_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "storage/model/mutex.h"

namespace varve::query {

class WorkerPool {
 public:
  explicit WorkerPool(size_t thread_count);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  size_t thread_count() const { return threads_.size(); }

  // Queues a task, to run once on some thread. Started in the order of submission.
  void Submit(std::function<void()> task);
  // Runs task(i) for each i in [0, count) on the pool and the calling thread; returns when all ran.
  // The indices are handed out in order, one by one.
  void ParallelFor(size_t count, const std::function<void(size_t)>& task);

 private:
  struct Loop;  // one ParallelFor under way

  void Work();

  storage::Mutex mutex_;
  std::condition_variable work_arrived_;
  std::deque<std::shared_ptr<Loop>> loops_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::function<void()>> submitted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_WORKER_POOL_H_
