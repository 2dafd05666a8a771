// TaskPool: threads that run tasks from one bounded queue. Full means refused, never waiting. A
// task that goes on with what an earlier one began is never refused, and comes before new ones. One
// that has not begun can be taken back.
//
// Threads:  thread-safe, except Stop, which one thread calls last.
// Owns:     its threads.
#ifndef SERVER_HTTP_TASK_POOL_H_
#define SERVER_HTTP_TASK_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/model/mutex.h"
#include "storage/model/thread_priority.h"

namespace varve::server {

class TaskPool {
 public:
  // `name` (at most 15 bytes) is what the threads are called in tools.
  TaskPool(std::string name, size_t threads, size_t queue_max,
           storage::ThreadPriority priority = storage::ThreadPriority::kNormal);
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // Names a task that was queued.
  using Ticket = uint64_t;

  // Queues a task; nullopt, and the task is dropped, when the queue is full or the pool stopped.
  std::optional<Ticket> TrySubmit(std::function<void()> task);
  // Takes a task out of the queue; empty where it has begun.
  std::function<void()> Withdraw(Ticket ticket);
  // Queues a task in front of the others.
  void Resume(std::function<void()> task);

  // Runs what is queued, then ends the threads.
  void Stop();

  size_t queued() const;
  // Whether no task runs or waits.
  bool idle() const;
  size_t running() const;
  size_t threads() const { return thread_count_; }

 private:
  struct Queued {
    Ticket ticket;  // 0: of Resume
    std::function<void()> task;
  };

  void Run();

  const std::string name_;
  const size_t queue_max_;
  const storage::ThreadPriority priority_;
  mutable storage::Mutex mutex_;
  std::condition_variable wake_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  Ticket last_ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  size_t thread_count_;
  std::vector<std::thread> threads_;
};

}  // namespace varve::server

#endif  // SERVER_HTTP_TASK_POOL_H_
