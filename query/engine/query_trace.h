// QueryTrace: what a query did, for its statistics and its explanation: samples at each step, time
// by phase, and the operators as a tree.
//
// Off unless a query is asked for one of these: without a trace, an operator costs a null check.
//
// Threads:  AddSamples is thread-safe; the rest belongs to the thread that evaluates the query.
// Owns:     the records.
// Source:   Prometheus documentation, "HTTP API" (stats), feature flag promql-per-step-stats.
#ifndef QUERY_ENGINE_QUERY_TRACE_H_
#define QUERY_ENGINE_QUERY_TRACE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "query/engine/step_vector.h"
#include "query/engine/windows.h"
#include "storage/model/mutex.h"

namespace varve::query {

// Samples of one step. `loaded` has a sample once for each window it lies in; `read` only where it
// comes into the first one.
struct StepSampleCount {
  uint64_t loaded = 0;
  uint64_t read = 0;

  void Add(const StepSampleCount& other) {
    loaded += other.loaded;
    read += other.read;
  }
};

// One operator of the plan and what it took.
struct OperatorRecord {
  std::string name;      // "sum by (job)", "rate", or a selector
  int64_t time_ns = 0;   // with its inputs
  uint64_t series = 0;   // of its result
  uint64_t samples = 0;  // read from the storage by itself
  uint64_t bytes = 0;    // of the samples it read and of its result, in memory
  std::vector<std::unique_ptr<OperatorRecord>> inputs;
};

class QueryTrace {
 public:
  // `steps` of the whole query.
  explicit QueryTrace(size_t steps);

  // Time by phase, set by PhaseScope.
  int64_t preparation_ns = 0;  // parsing and planning
  int64_t evaluation_ns = 0;
  int64_t sort_ns = 0;

  // One element per step of the query.
  const std::vector<StepSampleCount>& steps() const { return frames_.front(); }
  StepSampleCount total() const;
  // Without a name; its inputs are the outermost operators.
  const OperatorRecord& root() const { return root_; }

  // Counts samples at the steps of the innermost SampleScope, for the operator that runs; those of
  // steps that it has not got at its last one.
  void AddSamples(const std::vector<StepSampleCount>& counts);

 private:
  friend class OperatorScope;
  friend class SampleScope;

  std::vector<std::vector<StepSampleCount>> frames_;
  OperatorRecord root_;
  OperatorRecord* running_ = &root_;
  storage::Mutex mutex_;
};

// While it lives, an operator runs; scopes nest as the operators do.
class OperatorScope {
 public:
  OperatorScope(QueryTrace* trace, std::string name);
  ~OperatorScope();
  OperatorScope(const OperatorScope&) = delete;
  OperatorScope& operator=(const OperatorScope&) = delete;

  // What the operator made.
  void SetResult(size_t series, size_t steps);

 private:
  QueryTrace* const trace_;
  OperatorRecord* record_ = nullptr;
  OperatorRecord* parent_ = nullptr;
  std::chrono::steady_clock::time_point start_;
};

// While it lives, samples are counted at steps of their own, which are not those of the query. At
// its end they count where the value is used: all of them at every step, where it is the same at
// every step, or as read at the last step, where it is the input of a subquery, whose own steps
// nobody asks for.
class SampleScope {
 public:
  enum class Use { kEveryStep, kSubquery };

  SampleScope(QueryTrace* trace, size_t steps, Use use);
  ~SampleScope();
  SampleScope(const SampleScope&) = delete;
  SampleScope& operator=(const SampleScope&) = delete;

 private:
  QueryTrace* const trace_;
  const Use use_;
};

// Adds the time it lives to a phase.
class PhaseScope {
 public:
  PhaseScope(QueryTrace* trace, int64_t QueryTrace::*phase)
      : trace_(trace), phase_(phase), start_(std::chrono::steady_clock::now()) {}
  ~PhaseScope() {
    if (trace_ == nullptr) return;
    trace_->*phase_ += std::chrono::nanoseconds(std::chrono::steady_clock::now() - start_).count();
  }
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;

 private:
  QueryTrace* const trace_;
  int64_t QueryTrace::*const phase_;
  const std::chrono::steady_clock::time_point start_;
};

// The samples that one thread counts for some series, given to the trace when it goes.
class SampleCounter {
 public:
  SampleCounter() = default;
  ~SampleCounter() {
    if (trace_ != nullptr) trace_->AddSamples(counts_);
  }
  SampleCounter(const SampleCounter&) = delete;
  SampleCounter& operator=(const SampleCounter&) = delete;

  // Every sample of each window; of subqueries they were not read from the storage.
  void CountWindows(QueryTrace* trace, const WindowBounds& windows);
  void set_of_subquery() { of_subquery_ = true; }
  // One sample at each step that has a point.
  void CountPoints(QueryTrace* trace, const StepSeries& series);

 private:
  void Start(QueryTrace* trace, size_t steps);

  QueryTrace* trace_ = nullptr;
  bool of_subquery_ = false;
  std::vector<StepSampleCount> counts_;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_QUERY_TRACE_H_
