// What an instant selector sees of histograms, and their functions over time.
#include <memory>
#include <utility>

#include "query/engine/histogram_sum.h"
#include "query/engine/rollup_histogram.h"
#include "storage/model/sample.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

double Seconds(int64_t timestamp_ms) { return static_cast<double>(timestamp_ms) / 1000; }

// The reset hints that a sum met.
struct Hints {
  bool reset = false;
  bool not_reset = false;

  void See(CounterResetHint hint) {
    reset |= hint == CounterResetHint::kReset;
    not_reset |= hint == CounterResetHint::kNotReset;
  }
  bool conflicting() const { return reset && not_reset; }
};

// A compensated sum with the interface of HistogramMean.
class Sum {
 public:
  HistogramSum::Outcome Add(const Histogram& histogram) {
    if (!empty_) return sum_.Add(histogram);
    empty_ = false;
    sum_ = HistogramSum(histogram, true);
    return {};
  }
  Histogram Value() const { return sum_.Value(); }

 private:
  bool empty_ = true;
  HistogramSum sum_;
};

template <typename Accumulator>
void Accumulate(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    if (input.has_floats(s)) {
      *input.notes |= kNoteMixedSamples;
      out->present[s] = 0;
      continue;
    }
    Accumulator accumulator;
    Hints hints;
    bool incompatible = false;
    for (uint32_t i = input.windows.first[s]; i < input.windows.last[s] && !incompatible; ++i) {
      hints.See(input.at(i).reset_hint);
      const HistogramSum::Outcome outcome = accumulator.Add(input.at(i));
      incompatible = outcome.incompatible;
      if (outcome.reconciled) *input.notes |= kNoteReconciledAgg;
    }
    if (hints.conflicting()) *input.notes |= kNoteConflictingResets;
    if (incompatible) {
      *input.notes |= kNoteMixedSchemas;
      continue;
    }
    out->SetHistogram(s, std::make_shared<const Histogram>(accumulator.Value()));
  }
}

// Whether the histograms of a window come first (last) in it.
bool StartsWithHistogram(const HistogramRollupInput& input, size_t s) {
  return input.has_histograms(s) &&
         (!input.has_floats(s) || input.timestamps_ms[input.windows.first[s]] <
                                      input.floats.timestamps_ms[input.floats.windows.first[s]]);
}

bool EndsWithHistogram(const HistogramRollupInput& input, size_t s) {
  return input.has_histograms(s) &&
         (!input.has_floats(s) || input.timestamps_ms[input.windows.last[s] - 1] >
                                      input.floats.timestamps_ms[input.floats.windows.last[s] - 1]);
}

}  // namespace

void HistogramInstant(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!EndsWithHistogram(input, s)) continue;
    const uint32_t last = input.windows.last[s] - 1;
    if (storage::IsStaleMarker(input.at(last).sum)) {
      out->present[s] = 0;
    } else {
      out->SetHistogram(s, input.histograms[last]);
    }
  }
}

void HistogramInstantTimestamp(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!EndsWithHistogram(input, s)) continue;
    const uint32_t last = input.windows.last[s] - 1;
    if (storage::IsStaleMarker(input.at(last).sum)) {
      out->present[s] = 0;
    } else {
      out->Set(s, Seconds(input.timestamps_ms[last]));
    }
  }
}

void HistogramSumOverTime(const HistogramRollupInput& input, StepSeries* out) {
  Accumulate<Sum>(input, out);
}

void HistogramAvgOverTime(const HistogramRollupInput& input, StepSeries* out) {
  Accumulate<HistogramMean>(input, out);
}

void HistogramCountOverTime(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!input.has_histograms(s)) continue;
    const double floats = out->present[s] ? out->values[s] : 0;
    out->Set(s, floats + static_cast<double>(input.windows.last[s] - input.windows.first[s]));
  }
}

void HistogramPresent(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (input.has_histograms(s)) out->Set(s, 1);
  }
}

void HistogramFirst(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!StartsWithHistogram(input, s)) continue;
    out->SetHistogram(s, input.histograms[input.windows.first[s]]);
  }
}

void HistogramLast(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!EndsWithHistogram(input, s)) continue;
    out->SetHistogram(s, input.histograms[input.windows.last[s] - 1]);
  }
}

void HistogramTimestampOfFirst(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!StartsWithHistogram(input, s)) continue;
    out->Set(s, Seconds(input.timestamps_ms[input.windows.first[s]]));
  }
}

void HistogramTimestampOfLast(const HistogramRollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (!EndsWithHistogram(input, s)) continue;
    out->Set(s, Seconds(input.timestamps_ms[input.windows.last[s] - 1]));
  }
}

void HistogramIgnored(const HistogramRollupInput& input, StepSeries*) {
  for (size_t s = 0; s < input.steps(); ++s) {
    if (input.has_histograms(s) && input.has_floats(s)) *input.notes |= kNoteIgnoredHistograms;
  }
}

}  // namespace varve::query
