// QueryContext: what every operator of one running query shares: limits, cancellation, statistics,
// warnings and the worker pool.
//
// Threads:  thread-safe.
// Errors:   CheckAlive: CANCELLED, DEADLINE_EXCEEDED; Charge*: RESOURCE_EXHAUSTED naming the limit.
#ifndef QUERY_ENGINE_QUERY_CONTEXT_H_
#define QUERY_ENGINE_QUERY_CONTEXT_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "query/engine/query_features.h"
#include "storage/model/mutex.h"

namespace varve::query {

class QueryTrace;
class WorkerPool;

struct QueryLimits {
  int64_t timeout_ms = 120'000;           // --query.timeout
  int64_t lookback_ms = 300'000;          // --query.lookback-delta
  int64_t subquery_step_ms = 60'000;      // of `[1h:]`: the global evaluation interval
  uint64_t samples_max = 50'000'000;      // --query.max-samples: decoded or produced, at once
  uint64_t series_max = 1'000'000;        // matched by one selector
  uint64_t steps_max = 11'000;            // points per series of a range query
  uint64_t log_bytes_max = 100ULL << 30;  // line bytes scanned by one log query
  uint64_t entries_max = 5'000;           // the greatest `limit` of a log query
  uint32_t depth_max = 128;               // nesting of an expression
  uint64_t query_bytes_max = 1 << 20;     // length of a query's text
  QueryFeatures features;
};

// What a query did; answered as its statistics.
struct QueryStats {
  std::atomic<uint64_t> series{0};
  std::atomic<uint64_t> samples{0};  // decoded
  std::atomic<uint64_t> entries{0};  // log entries looked at
  std::atomic<uint64_t> entry_bytes{0};
  std::atomic<uint64_t> peak_samples{0};
};

class QueryContext {
 public:
  // `pool` may be nullptr: everything then runs on the calling thread. `cancelled` may be nullptr;
  // set by another thread (the client left), the query stops within 100 ms.
  QueryContext(const QueryLimits& limits, WorkerPool* pool, const std::atomic<bool>* cancelled);

  const QueryLimits& limits() const { return limits_; }
  QueryStats& stats() { return stats_; }
  WorkerPool* pool() const { return pool_; }

  // nullptr where nobody asked what the query does; outlives the context.
  QueryTrace* trace() const { return trace_; }
  void set_trace(QueryTrace* trace) { trace_ = trace; }

  // Cheap enough to call every few thousand samples.
  absl::Status CheckAlive() const;
  // Counts samples held in memory against samples_max; Release gives them back.
  absl::Status ChargeSamples(uint64_t count);
  void ReleaseSamples(uint64_t count);
  absl::Status ChargeSeries(uint64_t count);
  absl::Status ChargeLogBytes(uint64_t bytes);

  // Annotations, each text once, in the order of first appearance. Of the places in the query that
  // one was added for, the last one is told, as by Prometheus: "text (position)".
  void AddWarning(std::string text, std::string_view position = {});
  void AddInfo(std::string text, std::string_view position = {});
  std::vector<std::string> warnings() const;
  std::vector<std::string> infos() const;

  // Runs task(i) for i in [0, count) on the pool and the calling thread; returns the error of the
  // smallest i that failed. Tasks must not depend on each other; no more begin once the query is
  // cancelled.
  absl::Status ParallelFor(size_t count, const std::function<absl::Status(size_t)>& task);

 private:
  bool is_cancelled() const;

  struct Annotation {
    std::string text;
    std::string position;
  };
  static void Add(std::string text, std::string_view position, std::vector<Annotation>* added);
  static std::vector<std::string> Texts(const std::vector<Annotation>& added);

  QueryLimits limits_;
  WorkerPool* pool_;
  const std::atomic<bool>* cancelled_;
  QueryTrace* trace_ = nullptr;
  std::chrono::steady_clock::time_point deadline_;
  QueryStats stats_;
  std::atomic<uint64_t> samples_held_{0};
  std::atomic<uint64_t> series_held_{0};
  std::atomic<uint64_t> log_bytes_{0};
  mutable storage::Mutex mutex_;
  std::vector<Annotation> warnings_ ABSL_GUARDED_BY(mutex_);
  std::vector<Annotation> infos_ ABSL_GUARDED_BY(mutex_);
};

// Samples charged to a query for as long as this lives.
class SampleHold {
 public:
  SampleHold() = default;
  SampleHold(SampleHold&& other) noexcept { *this = std::move(other); }
  SampleHold& operator=(SampleHold&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~SampleHold() {
    if (context_ != nullptr) context_->ReleaseSamples(count_);
  }

  // Charges `count` in the place of what was charged before.
  absl::Status Set(QueryContext* context, uint64_t count) {
    if (context_ != nullptr) context_->ReleaseSamples(count_);
    context_ = context;
    count_ = count;
    return context->ChargeSamples(count);
  }

 private:
  QueryContext* context_ = nullptr;
  uint64_t count_ = 0;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_QUERY_CONTEXT_H_
