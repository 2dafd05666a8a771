#include "query/engine/query_trace.h"

#include <algorithm>
#include <utility>

#include "storage/model/sample.h"

namespace varve::query {
namespace {

StepSampleCount Sum(const std::vector<StepSampleCount>& counts) {
  StepSampleCount sum;
  for (const StepSampleCount& count : counts) sum.Add(count);
  return sum;
}

}  // namespace

QueryTrace::QueryTrace(size_t steps) { frames_.emplace_back(steps); }

StepSampleCount QueryTrace::total() const { return Sum(steps()); }

void QueryTrace::AddSamples(const std::vector<StepSampleCount>& counts) {
  storage::MutexLock lock(&mutex_);
  std::vector<StepSampleCount>& frame = frames_.back();
  if (frame.empty()) return;
  for (size_t s = 0; s < counts.size(); ++s) frame[std::min(s, frame.size() - 1)].Add(counts[s]);
  const uint64_t read = Sum(counts).read;
  running_->samples += read;
  running_->bytes += read * sizeof(storage::Sample);
}

OperatorScope::OperatorScope(QueryTrace* trace, std::string name) : trace_(trace) {
  if (trace_ == nullptr) return;
  parent_ = trace_->running_;
  parent_->inputs.push_back(std::make_unique<OperatorRecord>());
  record_ = parent_->inputs.back().get();
  record_->name = std::move(name);
  trace_->running_ = record_;
  start_ = std::chrono::steady_clock::now();
}

OperatorScope::~OperatorScope() {
  if (trace_ == nullptr) return;
  record_->time_ns = std::chrono::nanoseconds(std::chrono::steady_clock::now() - start_).count();
  trace_->running_ = parent_;
}

void OperatorScope::SetResult(size_t series, size_t steps) {
  if (trace_ == nullptr) return;
  record_->series = series;
  record_->bytes += series * (sizeof(StepSeries) + steps * (sizeof(double) + sizeof(uint8_t)));
}

SampleScope::SampleScope(QueryTrace* trace, size_t steps, Use use) : trace_(trace), use_(use) {
  if (trace_ != nullptr) trace_->frames_.emplace_back(steps);
}

SampleScope::~SampleScope() {
  if (trace_ == nullptr) return;
  const StepSampleCount sum = Sum(trace_->frames_.back());
  trace_->frames_.pop_back();
  std::vector<StepSampleCount>& outer = trace_->frames_.back();
  if (outer.empty()) return;
  if (use_ == Use::kSubquery) {
    outer.back().read += sum.read;
  } else {
    for (StepSampleCount& count : outer) count.Add(sum);
  }
}

void SampleCounter::Start(QueryTrace* trace, size_t steps) {
  trace_ = trace;
  if (counts_.size() < steps) counts_.resize(steps);
}

void SampleCounter::CountWindows(QueryTrace* trace, const WindowBounds& windows) {
  Start(trace, windows.first.size());
  uint32_t seen = 0;  // samples in front of this one were read at an earlier step
  for (size_t s = 0; s < windows.first.size(); ++s) {
    const uint32_t first = windows.first[s];
    const uint32_t last = windows.last[s];
    if (last <= first) continue;
    counts_[s].loaded += last - first;
    if (of_subquery_) continue;
    const uint32_t fresh = std::max(first, seen);
    if (last > fresh) counts_[s].read += last - fresh;
    seen = std::max(seen, last);
  }
}

void SampleCounter::CountPoints(QueryTrace* trace, const StepSeries& series) {
  Start(trace, series.present.size());
  for (size_t s = 0; s < series.present.size(); ++s) {
    counts_[s].Add({series.present[s], series.present[s]});
  }
}

}  // namespace varve::query
