// Rollups of `anchored` and `smoothed` ranges: the values at the window's two edges are taken from,
// or interpolated with, samples outside it, so nothing is extrapolated.
#include <algorithm>
#include <cmath>

#include "query/engine/rollup.h"

namespace varve::query {
namespace {

// The samples that a step's window needs: [first, last], the outer ones possibly outside of it.
struct Extent {
  uint32_t first;
  uint32_t last;
  int64_t start_ms;
  int64_t end_ms;
};

// False where no sample lies in the window (nor, smoothed, around its end).
bool FindExtent(const RollupInput& input, size_t step, bool smoothed, Extent* extent) {
  const uint32_t begin = input.windows.first[step];
  const uint32_t end = input.windows.last[step];
  if (begin >= end) return false;
  const int64_t* const times = input.timestamps_ms.data();
  extent->end_ms = input.grid.end_ms[step];
  extent->start_ms = extent->end_ms - input.grid.range_ms;
  const int64_t* const after_start = std::upper_bound(times + begin, times + end, extent->start_ms);
  extent->first = static_cast<uint32_t>(std::max(after_start - 1, times + begin) - times);
  extent->last = end - 1;
  if (smoothed) {
    const int64_t* const at_end = std::lower_bound(times + begin, times + end, extent->end_ms);
    extent->last = static_cast<uint32_t>(std::min(at_end, times + end - 1) - times);
  }
  return times[extent->last] > extent->start_ms && times[extent->first] <= extent->end_ms;
}

enum class Edge { kLeft, kRight };

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
    Extent extent;
    if (!FindExtent(input, s, smoothed, &extent)) continue;
    uint32_t first = extent.first;
    uint32_t last = extent.last;
    const bool left_inside =
        smoothed && first < last && input.timestamps_ms[first] < extent.start_ms;
    const bool right_inside = smoothed && first < last && input.timestamps_ms[last] > extent.end_ms;
    const double left = left_inside
                            ? Interpolate(input, first, extent.start_ms, counter, Edge::kLeft)
                            : input.values[first];
    // Both edges between the same two samples: the reset between them was counted on the left.
    const Edge right_edge =
        left_inside && right_inside && last == first + 1 ? Edge::kLeft : Edge::kRight;
    const double right = right_inside
                             ? Interpolate(input, last - 1, extent.end_ms, counter, right_edge)
                             : input.values[last];
    double growth = right - left;
    if (counter) {
      double before = left;
      for (uint32_t i = first; i <= last; ++i) {
        const int64_t time_ms = input.timestamps_ms[i];
        if (time_ms <= extent.start_ms && i == first) continue;
        if (time_ms >= extent.end_ms && i == last) continue;
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
    Extent extent;
    if (!FindExtent(input, s, false, &extent)) continue;
    uint32_t count = 0;
    for (uint32_t i = extent.first + 1; i <= extent.last; ++i) {
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
  const int64_t* const times = input.timestamps_ms.data();
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t begin = input.windows.first[s];
    const uint32_t end = input.windows.last[s];
    const int64_t now = input.grid.end_ms[s];
    const auto after =
        static_cast<uint32_t>(std::upper_bound(times + begin, times + end, now) - times);
    if (after == begin) continue;  // nothing before: where it came from is not known
    const bool between = after < end && times[after - 1] != now;
    out->Set(s, between ? Interpolate(input, after - 1, now, false, Edge::kLeft)
                        : input.values[after - 1]);
  }
}

}  // namespace varve::query
