// The rollups of counters whose samples say when counting began. A start timestamp between two
// samples is a reset to zero, whatever their values are; one inside the window but before its first
// sample is a sample of zero.
#include "query/engine/rollup.h"
#include "query/engine/rollup_histogram.h"
#include "storage/model/sample.h"

namespace varve::query {
namespace {

// Whether the counter began anew between the samples `i - 1` and `i`.
bool StartsAnew(const RollupInput& input, size_t i) {
  const int64_t start_ms = input.start_timestamps_ms[i];
  const int64_t before_ms = input.timestamps_ms[i - 1];
  if (start_ms == 0 || start_ms >= input.timestamps_ms[i] || start_ms < before_ms) return false;
  if (start_ms > before_ms) return true;
  // It begins where the last sample was: a delta after a delta, but after a sample without a start
  // of its own a cumulative counter whose true beginning is unknown.
  const int64_t earlier_start_ms = input.start_timestamps_ms[i - 1];
  return earlier_start_ms != 0 && earlier_start_ms < before_ms;
}

bool IsReset(const RollupInput& input, size_t i) {
  return input.values[i] < input.values[i - 1] || StartsAnew(input, i);
}

void Growth(const RollupInput& input, bool rate, StepSeries* out) {
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
    const int64_t window_end_ms = input.grid.end_ms[s];
    const int64_t window_start_ms = window_end_ms - input.grid.range_ms;
    const int64_t last_ms = input.timestamps_ms[end - 1];
    int64_t first_ms = input.timestamps_ms[first];
    // Samples lie as far apart as they do, wherever the counter began.
    const double average_interval =
        end - first < 2
            ? 0
            : static_cast<double>(last_ms - first_ms) / 1000 / static_cast<double>(end - first - 1);
    double growth = input.values[end - 1] - input.values[first];
    while (next_reset < resets.size() && resets[next_reset] <= first) ++next_reset;
    for (size_t r = next_reset; r < resets.size() && resets[r] < end; ++r) {
      growth += input.values[resets[r] - 1];
    }
    double first_value = input.values[first];
    const int64_t start_ms = input.start_timestamps_ms[first];
    if (start_ms > window_start_ms && start_ms < first_ms && start_ms != 0) {
      growth += first_value;
      first_value = 0;
      first_ms = start_ms;
    } else if (end - first < 2) {
      continue;
    }
    const double sampled = static_cast<double>(last_ms - first_ms) / 1000;
    const double threshold = average_interval * 1.1;
    double to_start = static_cast<double>(first_ms - window_start_ms) / 1000;
    double to_end = static_cast<double>(window_end_ms - last_ms) / 1000;
    if (to_start >= threshold) to_start = average_interval / 2;
    if (growth > 0 && first_value >= 0) {
      const double to_zero = sampled * (first_value / growth);
      if (to_zero < to_start) to_start = to_zero;
    }
    if (to_end >= threshold) to_end = average_interval / 2;
    double factor = (sampled + to_start + to_end) / sampled;
    if (rate) factor /= static_cast<double>(input.grid.range_ms) / 1000;
    out->Set(s, growth * factor);
  }
}

}  // namespace

void RollupStartRate(const RollupInput& input, StepSeries* out) { Growth(input, true, out); }
void RollupStartIncrease(const RollupInput& input, StepSeries* out) { Growth(input, false, out); }

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

bool StartTimestampsOverlap(const RollupInput& input) {
  const auto overlaps = [&input](size_t i) {
    const int64_t start_ms = input.start_timestamps_ms[i];
    return start_ms != 0 && start_ms < input.timestamps_ms[i - 1] &&
           start_ms != input.start_timestamps_ms[i - 1];
  };
  for (size_t i = 1; i < input.values.size(); ++i) {
    if (!overlaps(i)) continue;
    for (size_t s = 0; s < input.steps(); ++s) {
      if (input.windows.first[s] < i && i < input.windows.last[s]) return true;
    }
  }
  return false;
}

}  // namespace varve::query
