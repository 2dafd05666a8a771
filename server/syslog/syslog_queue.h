// SyslogQueue: messages that came in and wait to be stored, bounded for each source and for all.
//
// Threads:  thread-safe. One thread pushes, so that room that was seen is still there.
// Owns:     the messages.
#ifndef SERVER_SYSLOG_SYSLOG_QUEUE_H_
#define SERVER_SYSLOG_SYSLOG_QUEUE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/mutex.h"

namespace varve::server {

enum class SyslogProtocol { kTcp, kUdp };

// A connection, or all datagrams of one address.
struct SyslogSource {
  SyslogProtocol protocol = SyslogProtocol::kTcp;
  std::string address;  // without the port
  std::atomic<size_t> waiting_bytes{0};
};

struct SyslogWaiting {
  std::shared_ptr<SyslogSource> source;
  std::string message;
  int64_t received_ns = 0;
};

class SyslogQueue {
 public:
  SyslogQueue(size_t source_bytes_max, size_t waiting_bytes_max)
      : source_bytes_max_(source_bytes_max), waiting_bytes_max_(waiting_bytes_max) {}

  bool HasRoom(const SyslogSource& source) const;
  // Takes a message in any case: who cares for the bounds asks HasRoom before.
  void Push(const std::shared_ptr<SyslogSource>& source, std::string_view message,
            int64_t received_ns);

  // Waits for messages and takes up to about `bytes_max` of them, in the order they came. False
  // when there are none and there will be none.
  bool Take(size_t bytes_max, std::vector<SyslogWaiting>* messages);
  // Messages that were taken are done with, and no longer count.
  void Release(const std::vector<SyslogWaiting>& messages);

  // What is there can still be taken.
  void Stop();
  // Waits so long; false at once when it was stopped.
  bool Rest(int64_t milliseconds);

  size_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }

 private:
  const size_t source_bytes_max_;
  const size_t waiting_bytes_max_;
  std::atomic<size_t> waiting_bytes_{0};  // taken ones included, until they are released
  storage::Mutex mutex_;
  std::condition_variable wake_;
  std::deque<SyslogWaiting> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_QUEUE_H_
