#include "tools/transfer/remote_writer.h"

#include <snappy.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <thread>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/transfer/remote_write_body.h"

namespace varve::tools {
namespace {

constexpr int64_t kRetryWaitMaxMs = 30'000;

// Whether a later attempt may succeed: the answer was 5xx, or there was none.
bool IsTransient(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsInternal(status);
}

// The first samples of a series, up to `most`, moved out of it.
SeriesSamples TakeFront(SeriesSamples* samples, size_t most) {
  SeriesSamples front;
  front.labels = samples->labels;
  const auto take = [&](auto* from, auto* to) {
    const size_t count = std::min(from->size(), most - front.size());
    to->assign(std::make_move_iterator(from->begin()),
               std::make_move_iterator(from->begin() + static_cast<std::ptrdiff_t>(count)));
    from->erase(from->begin(), from->begin() + static_cast<std::ptrdiff_t>(count));
  };
  take(&samples->floats, &front.floats);
  take(&samples->histograms, &front.histograms);
  return front;
}

}  // namespace

absl::Status RemoteWriter::Write(const SeriesSamples& samples) {
  if (samples.size() == 0) return absl::OkStatus();
  if (batch_size_ + samples.size() < options_.batch_samples) {
    AppendTimeSeries(samples, &batch_);
    batch_size_ += samples.size();
    return absl::OkStatus();
  }
  SeriesSamples rest = samples;
  while (rest.size() > 0) {
    const SeriesSamples front = TakeFront(&rest, options_.batch_samples - batch_size_);
    AppendTimeSeries(front, &batch_);
    batch_size_ += front.size();
    if (batch_size_ == options_.batch_samples) VARVE_RETURN_IF_ERROR(Flush());
  }
  return absl::OkStatus();
}

absl::Status RemoteWriter::Flush() {
  if (batch_size_ == 0) return absl::OkStatus();
  std::string body;
  snappy::Compress(batch_.data(), batch_.size(), &body);
  VARVE_RETURN_IF_ERROR(Send(body));
  samples_sent_ += batch_size_;
  batch_.clear();
  batch_size_ = 0;
  return on_sent_(samples_sent_);
}

absl::Status RemoteWriter::Send(const std::string& body) {
  int64_t wait_ms = options_.retry_wait_ms;
  for (uint32_t attempt = 0;; ++attempt) {
    const auto answer = http_.Post(
        "/api/v1/write", body, "application/x-protobuf",
        {{"Content-Encoding", "snappy"}, {"X-Prometheus-Remote-Write-Version", "0.1.0"}});
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
