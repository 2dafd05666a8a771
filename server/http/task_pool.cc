#include "server/http/task_pool.h"

#include <pthread.h>

#include <utility>

namespace varve::server {

using storage::MutexLock;

TaskPool::TaskPool(std::string name, size_t threads, size_t queue_max,
                   storage::ThreadPriority priority)
    : name_(name.substr(0, 15)),
      queue_max_(queue_max),
      priority_(priority),
      thread_count_(threads) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

TaskPool::~TaskPool() { Stop(); }

bool TaskPool::TrySubmit(std::function<void()> task) {
  {
    MutexLock lock(&mutex_);
    // Tasks that an idle thread is about to take do not count as waiting.
    if (stopped_ || queue_.size() >= queue_max_ + idle_) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void TaskPool::Resume(std::function<void()> task) {
  {
    MutexLock lock(&mutex_);
    queue_.push_front(std::move(task));
  }
  wake_.notify_one();
}

void TaskPool::Stop() {
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

size_t TaskPool::queued() const {
  MutexLock lock(&mutex_);
  return queue_.size();
}

bool TaskPool::idle() const {
  MutexLock lock(&mutex_);
  return running_ == 0 && queue_.empty();
}

size_t TaskPool::running() const {
  MutexLock lock(&mutex_);
  return running_;
}

void TaskPool::Run() {
  pthread_setname_np(pthread_self(), name_.c_str());
  storage::SetThreadPriority(priority_);
  while (true) {
    std::function<void()> task;
    {
      MutexLock lock(&mutex_);
      ++idle_;
      while (queue_.empty() && !stopped_) lock.Wait(&wake_);
      --idle_;
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      ++running_;
    }
    task();
    task = nullptr;  // what it holds goes before the thread counts as free
    MutexLock lock(&mutex_);
    --running_;
  }
}

}  // namespace varve::server
