// The rollups of counters whose samples say when counting began.
#include "query/engine/counter_start.h"
#include "query/engine/rollup.h"
#include "query/engine/rollup_extrapolation.h"
#include "query/engine/rollup_histogram.h"
#include "storage/model/sample.h"

namespace varve::query {
namespace {

CounterStarts Starts(const RollupInput& input) {
  return {input.start_timestamps_ms, input.timestamps_ms};
}

bool IsReset(const RollupInput& input, size_t i) {
  return input.values[i] < input.values[i - 1] || Starts(input).StartsAnew(i);
}

void Growth(const RollupInput& input, Extrapolation kind, StepSeries* out) {
  std::vector<uint32_t>& resets = input.scratch->positions;
  resets.clear();
  for (uint32_t i = 1; i < input.values.size(); ++i) {
    if (IsReset(input, i)) resets.push_back(i);
  }
  size_t next_reset = 0;
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t end = input.windows.last[s];
    if (first >= end) continue;
    const int64_t window_start_ms = input.grid.end_ms[s] - input.grid.range_ms;
    SampledGrowth sampled = SamplesOfWindow(input.timestamps_ms, first, end);
    double growth = input.values[end - 1] - input.values[first];
    while (next_reset < resets.size() && resets[next_reset] <= first) ++next_reset;
    for (size_t r = next_reset; r < resets.size() && resets[r] < end; ++r) {
      growth += input.values[resets[r] - 1];
    }
    sampled.first_value = input.values[first];
    if (Starts(input).StartsInWindow(first, window_start_ms)) {
      growth += sampled.first_value;
      sampled.first_value = 0;
      sampled.first_ms = input.start_timestamps_ms[first];
    } else if (end - first < 2) {
      continue;
    }
    sampled.growth = growth;
    out->Set(s, growth * ExtrapolationFactor(input.grid, s, sampled, kind));
  }
}

}  // namespace

void RollupStartRate(const RollupInput& input, StepSeries* out) {
  Growth(input, Extrapolation::kRate, out);
}
void RollupStartIncrease(const RollupInput& input, StepSeries* out) {
  Growth(input, Extrapolation::kIncrease, out);
}

void RollupStartIrate(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t end = input.windows.last[s];
    if (end - input.windows.first[s] < 2) continue;
    const int64_t interval_ms = input.timestamps_ms[end - 1] - input.timestamps_ms[end - 2];
    if (interval_ms == 0) continue;
    double growth = input.values[end - 1];
    if (!IsReset(input, end - 1)) growth -= input.values[end - 2];
    out->Set(s, growth / (static_cast<double>(interval_ms) / 1000));
  }
}

void RollupStartResets(const RollupInput& input, StepSeries* out) {
  std::vector<uint32_t>& resets = input.scratch->positions;  // up to and including position i
  resets.resize(input.values.size());
  uint32_t count = 0;
  for (size_t i = 0; i < input.values.size(); ++i) {
    if (i > 0 && IsReset(input, i)) ++count;
    resets[i] = count;
  }
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t end = input.windows.last[s];
    if (end > first) out->Set(s, static_cast<double>(resets[end - 1] - resets[first]));
  }
}

void RollupStartTimestamp(const RollupInput& input, StepSeries* out) {
  RollupInstantTimestamp(input, out);
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!out->present[s]) continue;
    const int64_t start_ms = input.start_timestamps_ms.empty()
                                 ? 0
                                 : input.start_timestamps_ms[input.windows.last[s] - 1];
    out->values[s] = static_cast<double>(start_ms) / 1000;
  }
}

void HistogramStartTimestamp(const HistogramRollupInput& input, StepSeries* out) {
  const RollupInput& floats = input.floats;
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    const uint32_t last = input.windows.last[s] - 1;
    const bool float_follows =
        input.has_floats(s) &&
        floats.timestamps_ms[floats.windows.last[s] - 1] > input.timestamps_ms[last];
    if (float_follows) continue;
    if (storage::IsStaleMarker(input.at(last).sum)) {
      out->present[s] = 0;
      continue;
    }
    const int64_t start_ms =
        input.start_timestamps_ms.empty() ? 0 : input.start_timestamps_ms[last];
    out->Set(s, static_cast<double>(start_ms) / 1000);
  }
}

}  // namespace varve::query
