// rate, increase, delta and the counters of changes, in O(1) per step and reset.
#include <cmath>

#include "query/engine/rollup.h"
#include "query/engine/rollup_extrapolation.h"

namespace varve::query {
namespace {

void ExtrapolatedGrowth(const RollupInput& input, Extrapolation kind, StepSeries* out) {
  const double* const values = input.values.data();
  // Positions i whose value is below the one before: what a counter had before is added back.
  std::vector<uint32_t>& resets = input.scratch->positions;
  resets.clear();
  if (kind != Extrapolation::kDelta) {
    for (uint32_t i = 1; i < input.values.size(); ++i) {
      if (values[i] < values[i - 1]) resets.push_back(i);
    }
  }
  const uint32_t* const firsts = input.windows.first.data();
  const uint32_t* const ends = input.windows.last.data();
  const WindowReach* const reaches = input.windows.reach.data();
  const bool reach_is_known = !input.windows.reach.empty();
  double* const out_values = out->values.data();
  uint8_t* const present = out->present.data();
  size_t next_reset = 0;
  const size_t steps = input.steps();
  for (size_t s = 0; s < steps; ++s) {
    const uint32_t first = firsts[s];
    const uint32_t end = ends[s];
    if (end - first < 2) continue;
    double growth = values[end - 1] - values[first];
    if (next_reset < resets.size()) {
      while (next_reset < resets.size() && resets[next_reset] <= first) ++next_reset;
      for (size_t r = next_reset; r < resets.size() && resets[r] < end; ++r) {
        growth += values[resets[r] - 1];
      }
    }
    if (reach_is_known) {
      growth *= ExtrapolationFactor(reaches[s], input.grid.range_ms, values[first], growth, kind);
    } else {
      SampledGrowth sampled = SamplesOfWindow(input.timestamps_ms, first, end);
      sampled.first_value = values[first];
      sampled.growth = growth;
      growth *= ExtrapolationFactor(input.grid, s, sampled, kind);
    }
    out_values[s] = growth;
    present[s] = 1;
  }
}

void LastTwo(const RollupInput& input, bool rate, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t end = input.windows.last[s];
    if (end - input.windows.first[s] < 2) continue;
    const int64_t interval_ms = input.timestamps_ms[end - 1] - input.timestamps_ms[end - 2];
    if (interval_ms == 0) continue;
    const double last = input.values[end - 1];
    const double before = input.values[end - 2];
    double value = rate && last < before ? last : last - before;
    if (rate) value /= static_cast<double>(interval_ms) / 1000;
    out->Set(s, value);
  }
}

// Counts the positions of a window, its first excepted, at which `event(before, now)`.
template <typename Event>
void CountEvents(const RollupInput& input, Event event, StepSeries* out) {
  std::vector<uint32_t>& events = input.scratch->positions;  // up to and including position i
  events.resize(input.values.size());
  uint32_t count = 0;
  for (size_t i = 0; i < input.values.size(); ++i) {
    if (i > 0 && event(input.values[i - 1], input.values[i])) ++count;
    events[i] = count;
  }
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t end = input.windows.last[s];
    if (end > first) out->Set(s, static_cast<double>(events[end - 1] - events[first]));
  }
}

}  // namespace

void RollupRate(const RollupInput& input, StepSeries* out) {
  ExtrapolatedGrowth(input, Extrapolation::kRate, out);
}
void RollupIncrease(const RollupInput& input, StepSeries* out) {
  ExtrapolatedGrowth(input, Extrapolation::kIncrease, out);
}
void RollupDelta(const RollupInput& input, StepSeries* out) {
  ExtrapolatedGrowth(input, Extrapolation::kDelta, out);
}
void RollupIrate(const RollupInput& input, StepSeries* out) { LastTwo(input, true, out); }
void RollupIdelta(const RollupInput& input, StepSeries* out) { LastTwo(input, false, out); }

void RollupChanges(const RollupInput& input, StepSeries* out) {
  const auto changed = [](double before, double now) {
    return now != before && !(std::isnan(now) && std::isnan(before));
  };
  CountEvents(input, changed, out);
}
void RollupResets(const RollupInput& input, StepSeries* out) {
  CountEvents(
      input, [](double before, double now) { return now < before; }, out);
}

}  // namespace varve::query
