// rate, increase and delta of histograms, of all samples in a window or the last two; changes and
// resets of series in which floats and histograms take turns.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "query/engine/counter_start.h"
#include "query/engine/histogram_reset.h"
#include "query/engine/histogram_sum.h"
#include "query/engine/rollup_extrapolation.h"
#include "query/engine/rollup_histogram.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

bool IsGauge(const Histogram& histogram) {
  return histogram.reset_hint == CounterResetHint::kGauge;
}

CounterStarts Starts(const HistogramRollupInput& input) {
  return {input.start_timestamps_ms, input.timestamps_ms};
}

bool FollowsReset(const HistogramRollupInput& input, size_t i) {
  return Starts(input).StartsAnew(i) || IsReset(input.at(i - 1), input.at(i));
}

// flags[i]: whether histogram i follows a reset after the one before.
std::vector<uint8_t> FindResets(const HistogramRollupInput& input) {
  std::vector<uint8_t> flags(input.histograms.size());
  for (size_t i = 1; i < flags.size(); ++i) flags[i] = FollowsReset(input, i);
  return flags;
}

void Subtract(const HistogramRollupInput& input, const Histogram& histogram, HistogramSum* sum) {
  if (sum->Add(histogram, -1).reconciled) *input.notes |= kNoteReconciledSub;
}

// What grew up to histogram `last` since histogram `first`, or since a count of zero before it.
// False where nothing can be said.
bool CounterGrowth(const HistogramRollupInput& input, const std::vector<uint8_t>& resets,
                   uint32_t first, uint32_t last, bool zero_before, HistogramSum* growth) {
  // After a reset right behind it the first histogram does not matter, nor does its layout.
  const bool skips_first = !zero_before && resets[first + 1];
  const uint32_t begin = skips_first ? first + 1 : first;
  int32_t schema = input.at(begin).schema;
  for (uint32_t i = first; i <= last; ++i) {
    if (IsGauge(input.at(i))) *input.notes |= kNoteNotCounter;
    if (i >= begin) schema = std::min(schema, input.at(i).schema);
  }
  for (uint32_t i = begin; i <= last; ++i) {
    if (input.at(i).uses_custom_buckets() == input.at(last).uses_custom_buckets()) continue;
    *input.notes |= kNoteMixedSchemas;
    return false;
  }
  *growth = HistogramSum(input.at(last), false);
  growth->ReduceTo(schema);
  if (!zero_before && !skips_first) Subtract(input, input.at(first), growth);
  for (uint32_t i = zero_before ? first + 1 : first + 2; i <= last; ++i) {
    if (!resets[i]) continue;
    if (growth->Add(input.at(i - 1)).reconciled) *input.notes |= kNoteReconciledAdd;
  }
  return true;
}

bool GaugeGrowth(const HistogramRollupInput& input, uint32_t first, uint32_t last,
                 HistogramSum* growth) {
  if (input.at(first).uses_custom_buckets() != input.at(last).uses_custom_buckets()) {
    *input.notes |= kNoteMixedSchemas;
    return false;
  }
  if (!IsGauge(input.at(first)) || !IsGauge(input.at(last))) *input.notes |= kNoteNotGauge;
  *growth = HistogramSum(input.at(last), false);
  Subtract(input, input.at(first), growth);
  return true;
}

void ExtrapolatedGrowth(const HistogramRollupInput& input, Extrapolation kind, StepSeries* out) {
  const bool counter = kind != Extrapolation::kDelta;
  const std::vector<uint8_t> resets = counter ? FindResets(input) : std::vector<uint8_t>();
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    if (input.has_floats(s)) {
      *input.notes |= kNoteMixedSamples;
      out->present[s] = 0;
      continue;
    }
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s] - 1;
    const WindowGrid& grid = input.floats.grid;
    const bool zero_before =
        counter && Starts(input).StartsInWindow(first, grid.end_ms[s] - grid.range_ms);
    if (first == last && !zero_before) continue;
    HistogramSum growth;
    const bool found = counter ? CounterGrowth(input, resets, first, last, zero_before, &growth)
                               : GaugeGrowth(input, first, last, &growth);
    if (!found) continue;
    SampledGrowth sampled = SamplesOfWindow(input.timestamps_ms, first, last + 1);
    sampled.first_value = input.at(first).count;
    sampled.growth = growth.count();
    if (zero_before) {
      sampled.first_ms = input.start_timestamps_ms[first];
      sampled.first_value = 0;
    }
    growth.Multiply(ExtrapolationFactor(grid, s, sampled, kind));
    out->SetHistogram(s, growth.Gauge());
  }
}

// Of the last two samples, be they floats or histograms.
void LastTwo(const HistogramRollupInput& input, bool rate, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    const uint32_t last = input.windows.last[s] - 1;
    const uint32_t histograms = input.windows.last[s] - input.windows.first[s];
    const uint32_t floats = input.floats.windows.last[s] - input.floats.windows.first[s];
    // How many floats are newer than the last and the last but one histogram.
    const auto newer_floats = [&](uint32_t i) {
      const int64_t* const times = input.floats.timestamps_ms.data();
      return times + input.floats.windows.last[s] -
             std::upper_bound(times + input.floats.windows.first[s],
                              times + input.floats.windows.last[s], input.timestamps_ms[i]);
    };
    if (newer_floats(last) >= 2) continue;  // both are floats
    out->present[s] = 0;
    if (histograms + floats < 2) continue;
    if (histograms < 2 || newer_floats(last - 1) > 0) {
      *input.notes |= kNoteMixedSamples;
      continue;
    }
    const Histogram& before = input.at(last - 1);
    const Histogram& now = input.at(last);
    const int64_t interval_ms = input.timestamps_ms[last] - input.timestamps_ms[last - 1];
    if (rate && (IsGauge(before) || IsGauge(now))) *input.notes |= kNoteNotCounter;
    if (!rate && !(IsGauge(before) && IsGauge(now))) *input.notes |= kNoteNotGauge;
    HistogramSum growth(now, false);
    if (!rate || !FollowsReset(input, last)) {
      if (before.uses_custom_buckets() != now.uses_custom_buckets()) {
        *input.notes |= kNoteMixedSchemas;
        continue;
      }
      Subtract(input, before, &growth);
    }
    if (rate) growth.Divide(static_cast<double>(interval_ms) / 1000);
    out->SetHistogram(s, growth.Gauge());
  }
}

// Floats and histograms of a series in the order of time. events[i]: how many of the samples up to
// and including i differ from the one before in the way looked for; of_floats and of_histograms
// say of sample i of their kind whether it does.
struct MergedEvents {
  std::vector<int64_t> timestamps_ms;
  std::vector<uint32_t> events;

  template <typename FloatEvent, typename HistogramEvent>
  MergedEvents(const HistogramRollupInput& input, FloatEvent of_floats,
               HistogramEvent of_histograms) {
    const size_t size = input.timestamps_ms.size() + input.floats.timestamps_ms.size();
    uint32_t count = 0;
    bool float_before = false;
    size_t f = 0;
    size_t h = 0;
    while (f + h < size) {
      const bool is_float = f < input.floats.timestamps_ms.size() &&
                            (h == input.timestamps_ms.size() ||
                             input.floats.timestamps_ms[f] < input.timestamps_ms[h]);
      if (f + h > 0) {
        if (is_float != float_before) {
          ++count;
        } else if (is_float) {
          count += of_floats(input.floats, f);
        } else {
          count += of_histograms(input, h);
        }
      }
      float_before = is_float;
      timestamps_ms.push_back(is_float ? input.floats.timestamps_ms[f] : input.timestamps_ms[h]);
      events.push_back(count);
      ++(is_float ? f : h);
    }
  }

  void Count(const HistogramRollupInput& input, bool anchored, StepSeries* out) const {
    WindowBounds windows;
    windows.Compute(input.floats.grid, timestamps_ms);
    const WindowGrid& grid = input.floats.grid;
    for (size_t s = 0; s < input.steps(); ++s) {
      uint32_t first = windows.first[s];
      const uint32_t end = windows.last[s];
      out->present[s] = 0;
      if (first >= end) continue;
      if (anchored) {
        // From the last sample at or before the range on.
        const int64_t start_ms = grid.end_ms[s] - grid.range_ms;
        if (timestamps_ms[end - 1] <= start_ms) continue;
        const auto begin = timestamps_ms.begin() + first;
        const auto after = std::upper_bound(begin, timestamps_ms.begin() + end, start_ms);
        if (after != begin) first = static_cast<uint32_t>(after - timestamps_ms.begin()) - 1;
      }
      out->Set(s, static_cast<double>(events[end - 1] - events[first]));
    }
  }
};

MergedEvents Changes(const HistogramRollupInput& input) {
  return MergedEvents(
      input,
      [](const RollupInput& floats, size_t i) {
        const double before = floats.values[i - 1];
        const double now = floats.values[i];
        return now != before && !(std::isnan(now) && std::isnan(before));
      },
      [](const HistogramRollupInput& histograms, size_t i) {
        return !EqualHistograms(histograms.at(i - 1), histograms.at(i));
      });
}

MergedEvents Resets(const HistogramRollupInput& input) {
  return MergedEvents(
      input,
      [](const RollupInput& floats, size_t i) {
        return floats.values[i] < floats.values[i - 1] ||
               CounterStarts{floats.start_timestamps_ms, floats.timestamps_ms}.StartsAnew(i);
      },
      FollowsReset);
}

}  // namespace

void HistogramRate(const HistogramRollupInput& input, StepSeries* out) {
  ExtrapolatedGrowth(input, Extrapolation::kRate, out);
}
void HistogramIncrease(const HistogramRollupInput& input, StepSeries* out) {
  ExtrapolatedGrowth(input, Extrapolation::kIncrease, out);
}
void HistogramDelta(const HistogramRollupInput& input, StepSeries* out) {
  ExtrapolatedGrowth(input, Extrapolation::kDelta, out);
}
void HistogramIrate(const HistogramRollupInput& input, StepSeries* out) {
  LastTwo(input, true, out);
}
void HistogramIdelta(const HistogramRollupInput& input, StepSeries* out) {
  LastTwo(input, false, out);
}
void HistogramChanges(const HistogramRollupInput& input, StepSeries* out) {
  Changes(input).Count(input, false, out);
}
void HistogramResets(const HistogramRollupInput& input, StepSeries* out) {
  Resets(input).Count(input, false, out);
}
void HistogramAnchoredChanges(const HistogramRollupInput& input, StepSeries* out) {
  Changes(input).Count(input, true, out);
}
void HistogramAnchoredResets(const HistogramRollupInput& input, StepSeries* out) {
  Resets(input).Count(input, true, out);
}

}  // namespace varve::query
