// Rollups of histograms in `anchored` and `smoothed` ranges: as those of floats, the histograms at
// the window's two edges are taken from, or interpolated with, samples outside it.
#include <algorithm>
#include <memory>
#include <utility>

#include "query/engine/histogram_reset.h"
#include "query/engine/histogram_sum.h"
#include "query/engine/rollup_histogram.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

// The samples that a step's window needs: [first, last], the outer ones possibly outside of it.
struct Extent {
  uint32_t first;
  uint32_t last;
  int64_t start_ms;
  int64_t end_ms;
};

bool FindExtent(const HistogramRollupInput& input, size_t step, bool smoothed, Extent* extent) {
  const uint32_t begin = input.windows.first[step];
  const uint32_t end = input.windows.last[step];
  if (begin >= end) return false;
  const int64_t* const times = input.timestamps_ms.data();
  extent->end_ms = input.floats.grid.end_ms[step];
  extent->start_ms = extent->end_ms - input.floats.grid.range_ms;
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

// The histogram at `time_ms` between i and i + 1. Where a counter was reset between them, it rises
// from nothing to the second one; seen from the right that rise goes on top of the first.
HistogramSum Interpolate(const HistogramRollupInput& input, uint32_t i, int64_t time_ms,
                         bool counter, Edge edge) {
  const auto elapsed = static_cast<double>(time_ms - input.timestamps_ms[i]);
  const auto interval = static_cast<double>(input.timestamps_ms[i + 1] - input.timestamps_ms[i]);
  const double share = elapsed / interval;
  HistogramSum at(input.at(i + 1), false);
  if (counter && IsReset(input.at(i), input.at(i + 1))) {
    at.Multiply(share);
    if (edge == Edge::kRight) at.Add(input.at(i));
    return at;
  }
  at.Add(input.at(i), -1);
  at.Multiply(share);
  at.Add(input.at(i));
  return at;
}

bool MixesSchemas(const HistogramRollupInput& input, uint32_t first, uint32_t last) {
  for (uint32_t i = first; i < last; ++i) {
    if (input.at(i).uses_custom_buckets() != input.at(last).uses_custom_buckets()) return true;
  }
  return false;
}

void NoteKinds(const HistogramRollupInput& input, const Extent& extent, bool counter) {
  const auto is_gauge = [&](uint32_t i) {
    return input.at(i).reset_hint == CounterResetHint::kGauge;
  };
  if (!counter) {
    if (!is_gauge(extent.first) || !is_gauge(extent.last)) *input.notes |= kNoteNotGauge;
    return;
  }
  for (uint32_t i = extent.first; i <= extent.last; ++i) {
    if (is_gauge(i)) *input.notes |= kNoteNotCounter;
  }
}

// What grew between the window's edges.
HistogramSum Growth(const HistogramRollupInput& input, const Extent& extent, bool smoothed,
                    bool counter) {
  const uint32_t first = extent.first;
  const uint32_t last = extent.last;
  const bool left_inside = smoothed && first < last && input.timestamps_ms[first] < extent.start_ms;
  const bool right_inside = smoothed && first < last && input.timestamps_ms[last] > extent.end_ms;
  HistogramSum left = left_inside ? Interpolate(input, first, extent.start_ms, counter, Edge::kLeft)
                                  : HistogramSum(input.at(first), false);
  // Both edges between the same two samples: the reset between them was counted on the left.
  const Edge right_edge =
      left_inside && right_inside && last == first + 1 ? Edge::kLeft : Edge::kRight;
  HistogramSum growth = right_inside
                            ? Interpolate(input, last - 1, extent.end_ms, counter, right_edge)
                            : HistogramSum(input.at(last), false);
  if (growth.Add(left.Value(), -1).reconciled) *input.notes |= kNoteReconciledSub;
  if (!counter) return growth;
  // Resets that the interpolation did not see.
  for (uint32_t i = first + 1; i <= last; ++i) {
    if ((left_inside && i == first + 1) || (right_inside && i == last)) continue;
    if (!IsReset(input.at(i - 1), input.at(i))) continue;
    if (growth.Add(input.at(i - 1)).reconciled) *input.notes |= kNoteReconciledAdd;
  }
  return growth;
}

void EdgeGrowth(const HistogramRollupInput& input, bool smoothed, bool counter, bool rate,
                StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    if (input.has_floats(s)) {
      *input.notes |= kNoteMixedSamples;
      out->present[s] = 0;
      continue;
    }
    Extent extent;
    if (!FindExtent(input, s, smoothed, &extent)) continue;
    NoteKinds(input, extent, counter);
    if (MixesSchemas(input, extent.first, extent.last)) {
      *input.notes |= kNoteMixedSchemas;
      continue;
    }
    HistogramSum growth = Growth(input, extent, smoothed, counter);
    if (rate) growth.Divide(static_cast<double>(input.floats.grid.range_ms) / 1000);
    out->SetHistogram(s, growth.Gauge());
  }
}

}  // namespace

void HistogramAnchoredRate(const HistogramRollupInput& input, StepSeries* out) {
  EdgeGrowth(input, false, true, true, out);
}
void HistogramAnchoredIncrease(const HistogramRollupInput& input, StepSeries* out) {
  EdgeGrowth(input, false, true, false, out);
}
void HistogramAnchoredDelta(const HistogramRollupInput& input, StepSeries* out) {
  EdgeGrowth(input, false, false, false, out);
}
void HistogramSmoothedRate(const HistogramRollupInput& input, StepSeries* out) {
  EdgeGrowth(input, true, true, true, out);
}
void HistogramSmoothedIncrease(const HistogramRollupInput& input, StepSeries* out) {
  EdgeGrowth(input, true, true, false, out);
}
void HistogramSmoothedDelta(const HistogramRollupInput& input, StepSeries* out) {
  EdgeGrowth(input, true, false, false, out);
}

void HistogramSmoothedInstant(const HistogramRollupInput& input, StepSeries* out) {
  const int64_t* const times = input.timestamps_ms.data();
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    if (input.has_floats(s)) {
      *input.notes |= kNoteMixedSamples;
      out->present[s] = 0;
      continue;
    }
    const uint32_t begin = input.windows.first[s];
    const uint32_t end = input.windows.last[s];
    const int64_t now = input.floats.grid.end_ms[s];
    const auto after =
        static_cast<uint32_t>(std::upper_bound(times + begin, times + end, now) - times);
    if (after == begin) continue;  // nothing before: where it came from is not known
    if (after == end || times[after - 1] == now) {
      out->SetHistogram(s, input.histograms[after - 1]);
      continue;
    }
    if (MixesSchemas(input, after - 1, after)) {
      *input.notes |= kNoteMixedSchemas;
      continue;
    }
    const bool counter = input.at(after - 1).reset_hint != CounterResetHint::kGauge &&
                         input.at(after).reset_hint != CounterResetHint::kGauge;
    HistogramSum at = Interpolate(input, after - 1, now, counter, Edge::kLeft);
    out->SetHistogram(s, std::make_shared<const Histogram>(at.Value()));
  }
}

}  // namespace varve::query
