#include "query/engine/query_context.h"

#include <algorithm>
#include <utility>

#include "query/engine/worker_pool.h"
#include "storage/model/text.h"

namespace varve::query {

QueryContext::QueryContext(const QueryLimits& limits, WorkerPool* pool,
                           const std::atomic<bool>* cancelled)
    : limits_(limits),
      pool_(pool),
      cancelled_(cancelled),
      deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(limits.timeout_ms)) {}

bool QueryContext::is_cancelled() const {
  return cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed);
}

absl::Status QueryContext::CheckAlive() const {
  if (is_cancelled()) {
    return absl::CancelledError("query was canceled in expression evaluation");
  }
  if (std::chrono::steady_clock::now() >= deadline_) {
    return absl::DeadlineExceededError("query timed out in expression evaluation");
  }
  return absl::OkStatus();
}

absl::Status QueryContext::ChargeSamples(uint64_t count) {
  const uint64_t held = samples_held_.fetch_add(count, std::memory_order_relaxed) + count;
  uint64_t peak = stats_.peak_samples.load(std::memory_order_relaxed);
  while (held > peak &&
         !stats_.peak_samples.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
  }
  if (held > limits_.samples_max) {
    return absl::ResourceExhaustedError(
        "query processing would load too many samples into memory in query execution");
  }
  return absl::OkStatus();
}

void QueryContext::ReleaseSamples(uint64_t count) {
  samples_held_.fetch_sub(count, std::memory_order_relaxed);
}

absl::Status QueryContext::ChargeSeries(uint64_t count) {
  stats_.series.fetch_add(count, std::memory_order_relaxed);
  const uint64_t held = series_held_.fetch_add(count, std::memory_order_relaxed) + count;
  if (held > limits_.series_max) {
    return absl::ResourceExhaustedError(storage::StrCat("query matches too many series: ", held,
                                                        ", the limit is ", limits_.series_max));
  }
  return absl::OkStatus();
}

absl::Status QueryContext::ChargeLogBytes(uint64_t bytes) {
  stats_.entry_bytes.fetch_add(bytes, std::memory_order_relaxed);
  const uint64_t scanned = log_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (scanned > limits_.log_bytes_max) {
    return absl::ResourceExhaustedError(storage::StrCat(
        "query would scan too many log bytes: the limit is ", limits_.log_bytes_max));
  }
  return absl::OkStatus();
}

void QueryContext::Add(std::string text, std::string_view position,
                       std::vector<Annotation>* added) {
  const auto found = std::find_if(added->begin(), added->end(), [&text](const Annotation& earlier) {
    return earlier.text == text;
  });
  if (found == added->end()) {
    added->push_back({std::move(text), std::string(position)});
  } else {
    found->position = position;
  }
}

std::vector<std::string> QueryContext::Texts(const std::vector<Annotation>& added) {
  std::vector<std::string> texts;
  for (const Annotation& annotation : added) {
    texts.push_back(annotation.position.empty()
                        ? annotation.text
                        : storage::StrCat(annotation.text, " (", annotation.position, ")"));
  }
  return texts;
}

void QueryContext::AddWarning(std::string text, std::string_view position) {
  storage::MutexLock lock(&mutex_);
  Add(std::move(text), position, &warnings_);
}

void QueryContext::AddInfo(std::string text, std::string_view position) {
  storage::MutexLock lock(&mutex_);
  Add(std::move(text), position, &infos_);
}

std::vector<std::string> QueryContext::warnings() const {
  storage::MutexLock lock(&mutex_);
  return Texts(warnings_);
}

std::vector<std::string> QueryContext::infos() const {
  storage::MutexLock lock(&mutex_);
  return Texts(infos_);
}

absl::Status QueryContext::ParallelFor(size_t count,
                                       const std::function<absl::Status(size_t)>& task) {
  if (count <= 1 || pool_ == nullptr) {
    for (size_t i = 0; i < count; ++i) {
      absl::Status status = is_cancelled() ? CheckAlive() : task(i);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  // Indices are handed out in order, so every one below the smallest failure has been started: the
  // answer does not depend on the threads.
  std::atomic<size_t> failed{count};
  storage::Mutex failure_mutex;
  absl::Status failure;
  pool_->ParallelFor(count, [&](size_t i) {
    if (i > failed.load(std::memory_order_relaxed)) return;
    absl::Status status = is_cancelled() ? CheckAlive() : task(i);
    if (status.ok()) return;
    storage::MutexLock lock(&failure_mutex);
    if (i < failed.load(std::memory_order_relaxed)) {
      failed.store(i, std::memory_order_relaxed);
      failure = std::move(status);
    }
  });
  return failure;
}

}  // namespace varve::query
