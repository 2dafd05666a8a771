// RemoteWriter: collects samples into batches and sends them to a server by remote write 1.0.
//
// Threads:  one-thread; a retry blocks it.
// Owns:     the batch; the client outlives it.
// Errors:   NOT_FOUND where the server takes no remote write; its own when it took no batch within
//           all retries. What it refuses for good is no error here: see rejected_batches().
#ifndef TOOLS_TRANSFER_REMOTE_WRITER_H_
#define TOOLS_TRANSFER_REMOTE_WRITER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tools/http_client.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

struct RemoteWriterOptions {
  size_t batch_samples = 10'000;
  uint32_t retries = 10;
  // Between two attempts; the wait doubles each time, up to half a minute.
  int64_t retry_wait_ms = 250;
};

class RemoteWriter {
 public:
  // `on_sent` is told after each batch how many samples were sent in all.
  RemoteWriter(const RemoteWriterOptions& options, const HttpClient* http,
               std::function<absl::Status(uint64_t samples)> on_sent)
      : options_(options), http_(*http), on_sent_(std::move(on_sent)) {}

  absl::Status Write(const SeriesSamples& samples);
  // Sends what is left.
  absl::Status Flush();

  uint64_t samples_sent() const { return samples_sent_; }  // refused ones included
  uint64_t rejected_batches() const { return rejected_batches_; }
  const std::string& first_rejection() const { return first_rejection_; }

 private:
  absl::Status Send(const std::string& body);

  const RemoteWriterOptions options_;
  const HttpClient& http_;
  const std::function<absl::Status(uint64_t)> on_sent_;
  std::string batch_;
  size_t batch_size_ = 0;  // in samples
  uint64_t samples_sent_ = 0;
  uint64_t rejected_batches_ = 0;
  std::string first_rejection_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_REMOTE_WRITER_H_
