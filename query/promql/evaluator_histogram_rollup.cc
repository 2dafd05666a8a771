// Rollups of series with native histograms, and what is told of them.
#include <memory>
#include <utility>

#include "query/engine/annotations.h"
#include "query/engine/counter_start.h"
#include "query/engine/histogram_reset.h"
#include "query/promql/evaluator.h"
#include "query/promql/rollup_task.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;
using storage::HistogramPtr;

HistogramPtr WithHint(const Histogram& histogram, CounterResetHint hint) {
  auto copy = std::make_shared<Histogram>(histogram);
  copy->reset_hint = hint;
  return copy;
}

bool IsStale(const Histogram& histogram) { return storage::IsStaleMarker(histogram.sum); }

std::string WithMetric(std::string_view text, std::string_view name) {
  if (name.empty()) return std::string(text);
  return storage::StrCat(text, " for metric name ", storage::Quote(name));
}

}  // namespace

void Evaluator::AdjustResetHints(const RollupCall& call, bool statistics,
                                 storage::SampleColumns* columns) {
  const bool hints_matter = call.histograms == HistogramInstant ||
                            call.histograms == HistogramSumOverTime ||
                            call.histograms == HistogramAvgOverTime;
  if (!hints_matter) return;
  const Histogram* before = nullptr;
  // The replaced ones live until the end, as the ones after them are compared with them.
  const std::vector<HistogramPtr> stored = columns->histograms;
  for (HistogramPtr& histogram : columns->histograms) {
    const Histogram& now = *histogram;
    if (IsStale(now)) {
      before = nullptr;
      continue;
    }
    if (!statistics && now.reset_hint == CounterResetHint::kReset) {
      histogram = WithHint(now, CounterResetHint::kUnknown);
    } else if (statistics && now.reset_hint == CounterResetHint::kUnknown && before != nullptr) {
      histogram = WithHint(
          now, IsReset(*before, now) ? CounterResetHint::kReset : CounterResetHint::kNotReset);
    }
    before = &now;
  }
}

void Evaluator::RollHistograms(const RollupCall& call, const RollupInput& floats,
                               const storage::SampleColumns& columns, std::string_view name,
                               RollupTask* task, StepSeries* out) {
  const bool sees_stale = call.histograms == HistogramInstant ||
                          call.histograms == HistogramInstantTimestamp ||
                          call.histograms == HistogramStartTimestamp;
  std::vector<int64_t> timestamps_ms;
  std::vector<HistogramPtr> histograms;
  std::vector<int64_t> starts_ms;
  for (size_t i = 0; i < columns.histograms.size(); ++i) {
    if (!sees_stale && IsStale(*columns.histograms[i])) continue;
    timestamps_ms.push_back(columns.histogram_timestamps_ms[i]);
    histograms.push_back(columns.histograms[i]);
    if (columns.histogram_start_timestamps_ms.empty()) continue;
    starts_ms.push_back(columns.histogram_start_timestamps_ms[i]);
  }
  task->histogram_bounds.Compute(floats.grid, timestamps_ms);
  uint32_t notes = 0;
  call.histograms({.floats = floats,
                   .timestamps_ms = timestamps_ms,
                   .histograms = histograms,
                   .windows = task->histogram_bounds,
                   .notes = &notes,
                   .start_timestamps_ms = starts_ms},
                  out);
  const CounterStarts starts{starts_ms, timestamps_ms};
  if (call.of_counter && starts.Overlap(task->histogram_bounds)) {
    WarnOfOverlappingStarts(name, call);
  }
  if (notes != 0) TellNotes(notes, name, call, task);
}

void Evaluator::TellNotes(uint32_t notes, std::string_view name, const RollupCall& call,
                          RollupTask* task) {
  if (task->told_notes == notes && task->told_name == name) return;
  task->told_notes = notes;
  task->told_name = name;
  const std::string position = PositionText(text_, call.position.begin);
  const auto warn = [&](RollupNote note, std::string_view text) {
    if ((notes & note) != 0) AddPromqlWarning(text, position, &context_);
  };
  const auto inform = [&](RollupNote note, std::string_view text) {
    if ((notes & note) != 0) AddPromqlInfo(text, position, &context_);
  };
  warn(kNoteMixedSamples, WithMetric("encountered a mix of histograms and floats", name));
  warn(kNoteMixedSchemas, WithMetric("vector contains a mix of histograms with exponential and "
                                     "custom buckets schemas",
                                     name));
  warn(kNoteNotCounter,
       storage::StrCat("this native histogram metric is not a counter: ", storage::Quote(name)));
  warn(kNoteNotGauge,
       storage::StrCat("this native histogram metric is not a gauge: ", storage::Quote(name)));
  warn(kNoteConflictingResets, "conflicting counter resets during histogram aggregation");
  inform(kNoteReconciledAdd, "mismatched custom buckets were reconciled during addition");
  inform(kNoteReconciledSub, "mismatched custom buckets were reconciled during subtraction");
  inform(kNoteReconciledAgg, "mismatched custom buckets were reconciled during aggregation");
  inform(kNoteIgnoredHistograms,
         WithMetric("ignored histograms in a range containing both floats and histograms", name));
}

}  // namespace varve::query
