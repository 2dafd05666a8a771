// LogPusher: sends log entries to a server, batch by batch, by Loki's push API.
//
// Threads:  one-thread.
// Owns:     the batch that is being filled.
// Errors:   those of BatchSender.
// Source:   Loki documentation, "Ingest logs"; the messages of its push.proto.
#ifndef TOOLS_TRANSFER_LOG_PUSHER_H_
#define TOOLS_TRANSFER_LOG_PUSHER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/text.h"
#include "tools/http_client.h"
#include "tools/transfer/batch_sender.h"
#include "tools/transfer/log_entry.h"

namespace varve::tools {

struct LogPusherOptions {
  size_t batch_entries = 10'000;
  size_t batch_bytes = 4 << 20;
  RetryOptions retry = {};
};

class LogPusher {
 public:
  // `http` outlives the pusher. `on_sent` is called after each batch with the number of entries so
  // far.
  LogPusher(const LogPusherOptions& options, const HttpClient* http,
            std::function<absl::Status(uint64_t entries)> on_sent)
      : options_(options),
        on_sent_(std::move(on_sent)),
        sender_(http, "/loki/api/v1/push", {}, options.retry) {}

  absl::Status Write(const LogEntry& entry);
  // Sends what is left.
  absl::Status Flush();

  uint64_t entries_sent() const { return entries_sent_; }  // refused ones included
  const BatchSender& sender() const { return sender_; }

 private:
  struct Stream {
    std::string labels;   // {app="a"}
    std::string entries;  // as fields of the stream's message
  };

  const LogPusherOptions options_;
  const std::function<absl::Status(uint64_t)> on_sent_;
  std::vector<Stream> streams_;
  storage::StringMap<size_t> index_;  // by labels
  size_t batch_entries_ = 0;
  size_t batch_bytes_ = 0;
  uint64_t entries_sent_ = 0;
  BatchSender sender_;
};

// `{app="a", env="b"}`
std::string LogLabelsText(LogLabels labels);

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_LOG_PUSHER_H_
