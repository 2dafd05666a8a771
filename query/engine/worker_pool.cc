#include "query/engine/worker_pool.h"

#include <algorithm>
#include <utility>

#include "storage/model/thread_priority.h"

namespace varve::query {

struct WorkerPool::Loop {
  Loop(size_t loop_count, const std::function<void(size_t)>* loop_task)
      : count(loop_count), task(loop_task) {}

  // Takes indices until none is left.
  void Run() {
    for (;;) {
      const size_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= count) return;
      (*task)(i);
    }
  }
  bool exhausted() const { return next.load(std::memory_order_relaxed) >= count; }

  const size_t count;
  const std::function<void(size_t)>* const task;  // valid until the caller has seen helpers == 0
  std::atomic<size_t> next{0};

  storage::Mutex mutex;
  std::condition_variable helper_left;
  size_t helpers ABSL_GUARDED_BY(mutex) = 0;
};

WorkerPool::WorkerPool(size_t thread_count) {
  threads_.reserve(thread_count);
  for (size_t i = 0; i < thread_count; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() {
  {
    storage::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_arrived_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Submit(std::function<void()> task) {
  if (threads_.empty()) {
    task();
    return;
  }
  {
    storage::MutexLock lock(&mutex_);
    submitted_.push_back(std::move(task));
  }
  work_arrived_.notify_one();
}

void WorkerPool::ParallelFor(size_t count, const std::function<void(size_t)>& task) {
  if (count <= 1 || threads_.empty()) {
    for (size_t i = 0; i < count; ++i) task(i);
    return;
  }
  const auto loop = std::make_shared<Loop>(count, &task);
  {
    storage::MutexLock lock(&mutex_);
    loops_.push_back(loop);
  }
  if (count > 2) {
    work_arrived_.notify_all();
  } else {
    work_arrived_.notify_one();
  }
  loop->Run();
  {
    // No helper can join any more once the loop is out of the list.
    storage::MutexLock lock(&mutex_);
    const auto position = std::find(loops_.begin(), loops_.end(), loop);
    if (position != loops_.end()) loops_.erase(position);
  }
  storage::MutexLock lock(&loop->mutex);
  while (loop->helpers > 0) lock.Wait(&loop->helper_left);
}

void WorkerPool::Work() {
  storage::SetThreadPriority(storage::ThreadPriority::kPatient);
  for (;;) {
    std::shared_ptr<Loop> loop;
    std::function<void()> task;
    {
      storage::MutexLock lock(&mutex_);
      for (;;) {
        // Running loops come before new queries: what was begun is finished first.
        while (!loops_.empty() && loops_.front()->exhausted()) loops_.pop_front();
        if (!loops_.empty()) {
          loop = loops_.front();
          // Under mutex_, so that the caller cannot see 0 helpers before this one is counted.
          storage::MutexLock loop_lock(&loop->mutex);
          ++loop->helpers;
          break;
        }
        if (!submitted_.empty()) {
          task = std::move(submitted_.front());
          submitted_.pop_front();
          break;
        }
        if (stopping_) return;
        lock.Wait(&work_arrived_);
      }
    }
    if (task) {
      task();
      continue;
    }
    loop->Run();
    storage::MutexLock loop_lock(&loop->mutex);
    --loop->helpers;
    loop->helper_left.notify_all();
  }
}

}  // namespace varve::query
