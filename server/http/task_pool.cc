#include "server/http/task_pool.h"

#include <pthread.h>

#include <algorithm>
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

std::optional<TaskPool::Ticket> TaskPool::TrySubmit(std::function<void()> task) {
  Ticket ticket = 0;
  {
    MutexLock lock(&mutex_);
    // Tasks that an idle thread is about to take do not count as waiting.
    if (stopped_ || queue_.size() >= queue_max_ + idle_) return std::nullopt;
    ticket = ++last_ticket_;
    queue_.push_back({ticket, std::move(task)});
  }
  wake_.notify_one();
  return ticket;
}

std::function<void()> TaskPool::Withdraw(Ticket ticket) {
  MutexLock lock(&mutex_);
  const auto found = std::find_if(queue_.begin(), queue_.end(),
                                  [ticket](const Queued& one) { return one.ticket == ticket; });
  if (found == queue_.end()) return nullptr;
  std::function<void()> task = std::move(found->task);
  queue_.erase(found);
  return task;
}

void TaskPool::Resume(std::function<void()> task) {
  {
    MutexLock lock(&mutex_);
    queue_.push_front({0, std::move(task)});
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
      task = std::move(queue_.front().task);
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
