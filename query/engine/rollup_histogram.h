// Rollups of series that have native histograms, alone or beside floats.
//
// A function's Rollup sees the floats alone; its HistogramRollup comes after it and completes what
// it left in the output, or takes away what the histograms make wrong.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "Query functions".
#ifndef QUERY_ENGINE_ROLLUP_HISTOGRAM_H_
#define QUERY_ENGINE_ROLLUP_HISTOGRAM_H_

#include <cstdint>
#include <span>

#include "query/engine/rollup.h"
#include "storage/model/histogram.h"

namespace varve::query {

// What is to be told of a series, in words that name it. Bits of HistogramRollupInput::notes.
enum RollupNote : uint32_t {
  kNoteMixedSamples = 1 << 0,   // floats and histograms in one window
  kNoteMixedSchemas = 1 << 1,   // exponential and custom buckets
  kNoteNotCounter = 1 << 2,     // a gauge where a counter is meant
  kNoteNotGauge = 1 << 3,       // the other way round
  kNoteReconciledAdd = 1 << 4,  // custom bounds differed, in an addition
  kNoteReconciledSub = 1 << 5,  // in a subtraction
  kNoteReconciledAgg = 1 << 6,  // in a sum or a mean over time
  kNoteConflictingResets = 1 << 7,
  kNoteIgnoredHistograms = 1 << 8,  // of a function of floats
};

struct HistogramRollupInput {
  const RollupInput& floats;
  std::span<const int64_t> timestamps_ms;
  std::span<const storage::HistogramPtr> histograms;
  const WindowBounds& windows;
  uint32_t* notes;
  std::span<const int64_t> start_timestamps_ms = {};  // empty where no histogram has one

  size_t steps() const { return floats.steps(); }
  bool has_floats(size_t step) const {
    return floats.windows.first[step] < floats.windows.last[step];
  }
  bool has_histograms(size_t step) const { return windows.first[step] < windows.last[step]; }
  const storage::Histogram& at(size_t i) const { return *histograms[i]; }
};

using HistogramRollup = void (*)(const HistogramRollupInput& input, StepSeries* out);

void HistogramInstant(const HistogramRollupInput& input, StepSeries* out);
void HistogramInstantTimestamp(const HistogramRollupInput& input, StepSeries* out);
// The start timestamp, in seconds, of the last sample, whichever kind it is.
void HistogramStartTimestamp(const HistogramRollupInput& input, StepSeries* out);
void HistogramSmoothedInstant(const HistogramRollupInput& input, StepSeries* out);

void HistogramRate(const HistogramRollupInput& input, StepSeries* out);
void HistogramIncrease(const HistogramRollupInput& input, StepSeries* out);
void HistogramDelta(const HistogramRollupInput& input, StepSeries* out);
void HistogramIrate(const HistogramRollupInput& input, StepSeries* out);
void HistogramIdelta(const HistogramRollupInput& input, StepSeries* out);
void HistogramChanges(const HistogramRollupInput& input, StepSeries* out);
void HistogramResets(const HistogramRollupInput& input, StepSeries* out);

void HistogramAnchoredRate(const HistogramRollupInput& input, StepSeries* out);
void HistogramAnchoredIncrease(const HistogramRollupInput& input, StepSeries* out);
void HistogramAnchoredDelta(const HistogramRollupInput& input, StepSeries* out);
void HistogramAnchoredChanges(const HistogramRollupInput& input, StepSeries* out);
void HistogramAnchoredResets(const HistogramRollupInput& input, StepSeries* out);
void HistogramSmoothedRate(const HistogramRollupInput& input, StepSeries* out);
void HistogramSmoothedIncrease(const HistogramRollupInput& input, StepSeries* out);
void HistogramSmoothedDelta(const HistogramRollupInput& input, StepSeries* out);

void HistogramSumOverTime(const HistogramRollupInput& input, StepSeries* out);
void HistogramAvgOverTime(const HistogramRollupInput& input, StepSeries* out);
void HistogramCountOverTime(const HistogramRollupInput& input, StepSeries* out);
void HistogramPresent(const HistogramRollupInput& input, StepSeries* out);
void HistogramFirst(const HistogramRollupInput& input, StepSeries* out);
void HistogramLast(const HistogramRollupInput& input, StepSeries* out);
void HistogramTimestampOfFirst(const HistogramRollupInput& input, StepSeries* out);
void HistogramTimestampOfLast(const HistogramRollupInput& input, StepSeries* out);
// Of functions of floats alone.
void HistogramIgnored(const HistogramRollupInput& input, StepSeries* out);

}  // namespace varve::query

#endif  // QUERY_ENGINE_ROLLUP_HISTOGRAM_H_
