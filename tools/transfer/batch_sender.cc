#include "tools/transfer/batch_sender.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "storage/model/text.h"

namespace varve::tools {
namespace {

constexpr int64_t kRetryWaitMaxMs = 30'000;

// Whether a later attempt may succeed: the answer was 5xx or 429, or there was none.
bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsInternal(status);
}

}  // namespace

absl::Status BatchSender::Send(const std::string& body) {
  int64_t wait_ms = options_.retry_wait_ms;
  for (uint32_t attempt = 0;; ++attempt) {
    const auto answer = http_.Post(path_, body, "application/x-protobuf", headers_);
    if (answer.ok()) return absl::OkStatus();
    if (absl::IsFailedPrecondition(answer.status())) {
      // The server has stored the good part of the batch, and would refuse the rest again.
      if (rejected_batches_++ == 0) {
        first_rejection_ = std::string(storage::ToStd(answer.status().message()));
      }
      return absl::OkStatus();
    }
    if (attempt == options_.retries || !IsTransient(answer.status())) return answer.status();
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    wait_ms = std::min(wait_ms * 2, kRetryWaitMaxMs);
  }
}

}  // namespace varve::tools
