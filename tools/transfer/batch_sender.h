// BatchSender: posts batches to one path of a server, each until the server has it.
//
// A batch that the server cannot take now is sent again, later and later. What it refuses for good
// is counted; it has stored the rest of the batch then.
//
// Threads:  one-thread; a retry blocks it.
// Owns:     nothing; the client outlives it.
// Errors:   NOT_FOUND where the server has no such path; those of HttpClient when it took the batch
//           within no retry. What it refuses for good is no error here.
#ifndef TOOLS_TRANSFER_BATCH_SENDER_H_
#define TOOLS_TRANSFER_BATCH_SENDER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "tools/http_client.h"

namespace varve::tools {

struct RetryOptions {
  uint32_t retries = 10;
  // Between two attempts; the wait doubles each time, up to half a minute.
  int64_t retry_wait_ms = 250;
};

class BatchSender {
 public:
  // `headers` go with each batch.
  BatchSender(const HttpClient* http, std::string path, HttpParameters headers,
              RetryOptions options)
      : http_(*http), path_(std::move(path)), headers_(std::move(headers)), options_(options) {}

  // A protobuf message, compressed.
  absl::Status Send(const std::string& body);

  uint64_t rejected_batches() const { return rejected_batches_; }
  const std::string& first_rejection() const { return first_rejection_; }

 private:
  const HttpClient& http_;
  const std::string path_;
  const HttpParameters headers_;
  const RetryOptions options_;
  uint64_t rejected_batches_ = 0;
  std::string first_rejection_;
};

}  // namespace varve::tools

#endif  // TOOLS_TRANSFER_BATCH_SENDER_H_
