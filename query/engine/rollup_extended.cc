// Rollups of `anchored` and `smoothed` ranges: the values at the window's two edges are taken from,
// or interpolated with, samples outside it, so nothing is extrapolated.
#include <cmath>
#include <optional>

#include "query/engine/range_extent.h"
#include "query/engine/rollup.h"

namespace varve::query {
namespace {

// The value at `time_ms` between the samples i and i + 1. Where a counter was reset between them,
// it rises from zero to the second sample; seen from the left that rise goes on top of the first.
double Interpolate(const RollupInput& input, uint32_t i, int64_t time_ms, bool counter, Edge edge) {
  double from = input.values[i];
  double to = input.values[i + 1];
  if (counter && to < from) {
    if (edge == Edge::kLeft) {
      from = 0;
    } else {
      to += from;
    }
  }
  const auto elapsed = static_cast<double>(time_ms - input.timestamps_ms[i]);
  const auto interval = static_cast<double>(input.timestamps_ms[i + 1] - input.timestamps_ms[i]);
  return from + (to - from) * elapsed / interval;
}

void EdgeGrowth(const RollupInput& input, bool smoothed, bool counter, bool rate, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const auto extent =
        FindRangeExtent(input.timestamps_ms, input.windows, input.grid, s, smoothed);
    if (!extent) continue;
    const uint32_t first = extent->first;
    const uint32_t last = extent->last;
    const double left = extent->left_inside
                            ? Interpolate(input, first, extent->start_ms, counter, Edge::kLeft)
                            : input.values[first];
    const double right = extent->right_inside ? Interpolate(input, last - 1, extent->end_ms,
                                                            counter, extent->right_edge())
                                              : input.values[last];
    double growth = right - left;
    if (counter) {
      double before = left;
      for (uint32_t i = first; i <= last; ++i) {
        const int64_t time_ms = input.timestamps_ms[i];
        if (time_ms <= extent->start_ms && i == first) continue;
        if (time_ms >= extent->end_ms && i == last) continue;
        if (input.values[i] < before) growth += before;
        before = input.values[i];
      }
      if (right < before) growth += before;
    }
    if (rate) growth /= static_cast<double>(input.grid.range_ms) / 1000;
    out->Set(s, growth);
  }
}

template <typename Event>
void CountAnchored(const RollupInput& input, Event event, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const auto extent = FindRangeExtent(input.timestamps_ms, input.windows, input.grid, s, false);
    if (!extent) continue;
    uint32_t count = 0;
    for (uint32_t i = extent->first + 1; i <= extent->last; ++i) {
      if (event(input.values[i - 1], input.values[i])) ++count;
    }
    out->Set(s, count);
  }
}

}  // namespace

void RollupAnchoredRate(const RollupInput& input, StepSeries* out) {
  EdgeGrowth(input, false, true, true, out);
}
void RollupAnchoredIncrease(const RollupInput& input, StepSeries* out) {
  EdgeGrowth(input, false, true, false, out);
}
void RollupAnchoredDelta(const RollupInput& input, StepSeries* out) {
  EdgeGrowth(input, false, false, false, out);
}
void RollupAnchoredChanges(const RollupInput& input, StepSeries* out) {
  const auto changed = [](double before, double now) {
    return now != before && !(std::isnan(now) && std::isnan(before));
  };
  CountAnchored(input, changed, out);
}
void RollupAnchoredResets(const RollupInput& input, StepSeries* out) {
  CountAnchored(
      input, [](double before, double now) { return now < before; }, out);
}
void RollupSmoothedRate(const RollupInput& input, StepSeries* out) {
  EdgeGrowth(input, true, true, true, out);
}
void RollupSmoothedIncrease(const RollupInput& input, StepSeries* out) {
  EdgeGrowth(input, true, true, false, out);
}
void RollupSmoothedDelta(const RollupInput& input, StepSeries* out) {
  EdgeGrowth(input, true, false, false, out);
}

void RollupSmoothedInstant(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const auto at = FindSmoothedPosition(input.timestamps_ms, input.windows, input.grid, s);
    if (!at) continue;
    out->Set(s, at->between
                    ? Interpolate(input, at->before, input.grid.end_ms[s], false, Edge::kLeft)
                    : input.values[at->before]);
  }
}

}  // namespace varve::query
