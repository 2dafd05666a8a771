// RemoteWriter: collects samples into batches and sends them to a server by remote write 1.0.
//
// Threads:  one-thread.
// Owns:     the batch; the client outlives it.
// Errors:   those of BatchSender.
#ifndef TOOLS_TRANSFER_REMOTE_WRITER_H_
#define TOOLS_TRANSFER_REMOTE_WRITER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tools/http_client.h"
#include "tools/transfer/batch_sender.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

struct RemoteWriterOptions {
  size_t batch_samples = 10'000;
  RetryOptions retry = {};
};

class RemoteWriter {
 public:
  // `on_sent` is told after each batch how many samples were sent in all.
  RemoteWriter(const RemoteWriterOptions& options, const HttpClient* http,
               std::function<absl::Status(uint64_t samples)> on_sent)
      : options_(options),
        on_sent_(std::move(on_sent)),
        sender_(http, "/api/v1/write",
                {{"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Write-Version", "0.1.0"}},
                options.retry) {}

  absl::Status Write(const SeriesSamples& samples);
  // Sends what is left.
  absl::Status Flush();

  uint64_t samples_sent() const { return samples_sent_; }  // refused ones included
  const BatchSender& sender() const { return sender_; }

 private:
  const RemoteWriterOptions options_;
  const std::function<absl::Status(uint64_t)> on_sent_;
  std::string batch_;
  size_t batch_size_ = 0;  // in samples
  uint64_t samples_sent_ = 0;
  BatchSender sender_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_REMOTE_WRITER_H_
