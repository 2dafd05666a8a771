// Rollups: functions of the samples in a window, `rate`, `avg_over_time` and their kin, evaluated
// for one series at all steps at once.
//
// Results equal, bit for bit, those of a loop over each window's samples from left to right.
//
// Threads:  functions without state; a RollupScratch belongs to one thread.
// Source:   Prometheus documentation, "Query functions".
#ifndef QUERY_ENGINE_ROLLUP_H_
#define QUERY_ENGINE_ROLLUP_H_

#include <cstdint>
#include <span>
#include <vector>

#include "query/engine/windows.h"

namespace varve::query {

// Buffers that a thread reuses from series to series.
struct RollupScratch {
  std::vector<double> values;
  std::vector<uint32_t> positions;
};

struct RollupInput {
  std::span<const int64_t> timestamps_ms;
  std::span<const double> values;
  const WindowGrid& grid;
  const WindowBounds& windows;
  std::span<const double> parameter = {};  // per step, of the functions that have one
  std::span<const double> second_parameter = {};
  std::span<const int64_t> start_timestamps_ms = {};  // of the samples; 0 where one has none
  RollupScratch* scratch = nullptr;

  size_t steps() const { return grid.count(); }
};

// Sets the steps of `*out` that have a value; `out` has them all absent.
using Rollup = void (*)(const RollupInput& input, StepSeries* out);

// Last sample of the window unless it is a stale marker: what an instant selector sees.
void RollupInstant(const RollupInput& input, StepSeries* out);
// The same sample's timestamp, in seconds.
void RollupInstantTimestamp(const RollupInput& input, StepSeries* out);

// Extrapolated to the window's edges.
void RollupRate(const RollupInput& input, StepSeries* out);
void RollupIncrease(const RollupInput& input, StepSeries* out);
void RollupDelta(const RollupInput& input, StepSeries* out);
// Of the last two samples.
void RollupIrate(const RollupInput& input, StepSeries* out);
void RollupIdelta(const RollupInput& input, StepSeries* out);
void RollupChanges(const RollupInput& input, StepSeries* out);
void RollupResets(const RollupInput& input, StepSeries* out);

// Least squares; predict_linear takes seconds from the step's time as its parameter.
void RollupDeriv(const RollupInput& input, StepSeries* out);
void RollupPredictLinear(const RollupInput& input, StepSeries* out);
// Holt and Winters: parameter is the smoothing factor, second_parameter the trend factor.
void RollupDoubleExponentialSmoothing(const RollupInput& input, StepSeries* out);

void RollupSum(const RollupInput& input, StepSeries* out);
void RollupAvg(const RollupInput& input, StepSeries* out);
void RollupCount(const RollupInput& input, StepSeries* out);
void RollupPresent(const RollupInput& input, StepSeries* out);
void RollupFirst(const RollupInput& input, StepSeries* out);
void RollupLast(const RollupInput& input, StepSeries* out);
void RollupStddev(const RollupInput& input, StepSeries* out);
void RollupStdvar(const RollupInput& input, StepSeries* out);
void RollupTimestampOfFirst(const RollupInput& input, StepSeries* out);
void RollupTimestampOfLast(const RollupInput& input, StepSeries* out);

void RollupMin(const RollupInput& input, StepSeries* out);
void RollupMax(const RollupInput& input, StepSeries* out);
void RollupTimestampOfMin(const RollupInput& input, StepSeries* out);
void RollupTimestampOfMax(const RollupInput& input, StepSeries* out);
void RollupQuantile(const RollupInput& input, StepSeries* out);  // parameter is the share
void RollupMad(const RollupInput& input, StepSeries* out);

// Of `anchored` and `smoothed` ranges: the grid's before_ms and after_ms say how far outside the
// window samples are looked for.
void RollupAnchoredRate(const RollupInput& input, StepSeries* out);
void RollupAnchoredIncrease(const RollupInput& input, StepSeries* out);
void RollupAnchoredDelta(const RollupInput& input, StepSeries* out);
void RollupAnchoredChanges(const RollupInput& input, StepSeries* out);
void RollupAnchoredResets(const RollupInput& input, StepSeries* out);
void RollupSmoothedRate(const RollupInput& input, StepSeries* out);
void RollupSmoothedIncrease(const RollupInput& input, StepSeries* out);
void RollupSmoothedDelta(const RollupInput& input, StepSeries* out);
// Linear between the samples around the step; the last one where none follows.
void RollupSmoothedInstant(const RollupInput& input, StepSeries* out);

// Of counters with start timestamps, which must not be empty.
void RollupStartRate(const RollupInput& input, StepSeries* out);
void RollupStartIncrease(const RollupInput& input, StepSeries* out);
void RollupStartIrate(const RollupInput& input, StepSeries* out);
void RollupStartResets(const RollupInput& input, StepSeries* out);
// The start timestamp, in seconds, of the sample that an instant selector sees; 0 if it has none.
void RollupStartTimestamp(const RollupInput& input, StepSeries* out);

}  // namespace varve::query

#endif  // QUERY_ENGINE_ROLLUP_H_
