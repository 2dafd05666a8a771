// Rollups of histograms in `anchored` and `smoothed` ranges: as those of floats, the histograms at
// the window's two edges are taken from, or interpolated with, samples outside it.
#include <memory>
#include <optional>

#include "query/engine/histogram_reset.h"
#include "query/engine/histogram_sum.h"
#include "query/engine/range_extent.h"
#include "query/engine/rollup_histogram.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

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

void NoteKinds(const HistogramRollupInput& input, const RangeExtent& extent, bool counter) {
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
HistogramSum Growth(const HistogramRollupInput& input, const RangeExtent& extent, bool counter) {
  const uint32_t first = extent.first;
  const uint32_t last = extent.last;
  HistogramSum left = extent.left_inside
                          ? Interpolate(input, first, extent.start_ms, counter, Edge::kLeft)
                          : HistogramSum(input.at(first), false);
  HistogramSum growth = extent.right_inside ? Interpolate(input, last - 1, extent.end_ms, counter,
                                                          extent.right_edge())
                                            : HistogramSum(input.at(last), false);
  if (growth.Add(left.Value(), -1).reconciled) *input.notes |= kNoteReconciledSub;
  if (!counter) return growth;
  // Resets that the interpolation did not see.
  for (uint32_t i = first + 1; i <= last; ++i) {
    if ((extent.left_inside && i == first + 1) || (extent.right_inside && i == last)) continue;
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
    const auto extent =
        FindRangeExtent(input.timestamps_ms, input.windows, input.floats.grid, s, smoothed);
    if (!extent) continue;
    NoteKinds(input, *extent, counter);
    if (MixesSchemas(input, extent->first, extent->last)) {
      *input.notes |= kNoteMixedSchemas;
      continue;
    }
    HistogramSum growth = Growth(input, *extent, counter);
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
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    if (input.has_floats(s)) {
      *input.notes |= kNoteMixedSamples;
      out->present[s] = 0;
      continue;
    }
    const auto at = FindSmoothedPosition(input.timestamps_ms, input.windows, input.floats.grid, s);
    if (!at) continue;
    const uint32_t before = at->before;
    if (!at->between) {
      out->SetHistogram(s, input.histograms[before]);
      continue;
    }
    if (MixesSchemas(input, before, before + 1)) {
      *input.notes |= kNoteMixedSchemas;
      continue;
    }
    const bool counter = input.at(before).reset_hint != CounterResetHint::kGauge &&
                         input.at(before + 1).reset_hint != CounterResetHint::kGauge;
    HistogramSum between =
        Interpolate(input, before, input.floats.grid.end_ms[s], counter, Edge::kLeft);
    out->SetHistogram(s, std::make_shared<const Histogram>(between.Value()));
  }
}

}  // namespace varve::query
