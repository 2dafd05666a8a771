// SyslogWriter: stores what waits in a SyslogQueue, batch by batch.
//
// While one batch is being synced the next one gathers, so that many messages share a sync. What
// the store cannot take now (a full disk) is tried again and again; meanwhile the queue fills and
// its bounds hold.
//
// Threads:  one of its own, from Start to Stop. `store` and `on_room` are called on it.
// Owns:     its thread.
#ifndef SERVER_SYSLOG_SYSLOG_WRITER_H_
#define SERVER_SYSLOG_SYSLOG_WRITER_H_

#include <functional>
#include <thread>
#include <vector>

#include "ingest/loki_push.h"
#include "ingest/syslog_batch.h"
#include "server/logger.h"
#include "server/syslog/syslog_counters.h"
#include "server/syslog/syslog_queue.h"

namespace varve::server {

class SyslogWriter {
 public:
  struct Setup {
    SyslogQueue* queue = nullptr;
    SyslogCounters* counters = nullptr;
    Logger* logger = nullptr;
    ingest::LokiPushOptions push;
    absl::TimeZone zone;
    // The times that are stored, seen from now.
    std::function<storage::TimeRange()> range_ns;
    std::function<storage::AppendResult(const storage::LogBatch&)> store;
    // Called for each reason that entries were refused for.
    std::function<void(storage::RejectReason reason, uint64_t count)> on_rejected;
    // Called after each batch: what waited for room may go on.
    std::function<void()> on_room;
  };
  explicit SyslogWriter(Setup setup) : setup_(std::move(setup)) {}
  ~SyslogWriter() { Stop(); }

  void Start();
  // Stores what waits, once, and ends. The queue is stopped with it.
  void Stop();

 private:
  void Run();
  void Store(const std::vector<SyslogWaiting>& messages);

  const Setup setup_;
  std::thread thread_;
  uint64_t number_ = 0;  // of messages so far
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_WRITER_H_
