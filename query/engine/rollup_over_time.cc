// The functions over time that look at samples in the order of time: sums, means, first and last.
#include <cmath>

#include "query/engine/kahan_sum.h"
#include "query/engine/rollup.h"

namespace varve::query {
namespace {

// Calls value(first, last) for every step whose window [first, last) has samples.
template <typename Value>
void EachWindow(const RollupInput& input, StepSeries* out, Value value) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (first < last) out->Set(s, value(first, last));
  }
}

// Welford's method with compensated sums.
double Variance(const double* values, uint32_t first, uint32_t last) {
  double count = 0;
  double mean = 0, mean_lost = 0;
  double squares = 0, squares_lost = 0;
  for (uint32_t i = first; i < last; ++i) {
    count += 1;
    const double delta = values[i] - (mean + mean_lost);
    KahanAdd(delta / count, &mean, &mean_lost);
    KahanAdd(delta * (values[i] - (mean + mean_lost)), &squares, &squares_lost);
  }
  return (squares + squares_lost) / count;
}

double Seconds(int64_t timestamp_ms) { return static_cast<double>(timestamp_ms) / 1000; }

}  // namespace

void RollupSum(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [values = input.values.data()](uint32_t first, uint32_t last) {
    double sum = 0;
    double lost = 0;
    for (uint32_t i = first; i < last; ++i) KahanAdd(values[i], &sum, &lost);
    return std::isinf(sum) ? sum : sum + lost;
  });
}

void RollupAvg(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [values = input.values.data()](uint32_t first, uint32_t last) {
    KahanMean mean;
    for (uint32_t i = first; i < last; ++i) mean.Add(values[i]);
    return mean.Mean();
  });
}

void RollupCount(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out,
             [](uint32_t first, uint32_t last) { return static_cast<double>(last - first); });
}

void RollupPresent(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [](uint32_t, uint32_t) { return 1.0; });
}

void RollupFirst(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out,
             [values = input.values.data()](uint32_t first, uint32_t) { return values[first]; });
}

void RollupLast(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out,
             [values = input.values.data()](uint32_t, uint32_t last) { return values[last - 1]; });
}

void RollupStdvar(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [values = input.values.data()](uint32_t first, uint32_t last) {
    return Variance(values, first, last);
  });
}

void RollupStddev(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [values = input.values.data()](uint32_t first, uint32_t last) {
    return std::sqrt(Variance(values, first, last));
  });
}

void RollupTimestampOfFirst(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [times = input.timestamps_ms.data()](uint32_t first, uint32_t) {
    return Seconds(times[first]);
  });
}

void RollupTimestampOfLast(const RollupInput& input, StepSeries* out) {
  EachWindow(input, out, [times = input.timestamps_ms.data()](uint32_t, uint32_t last) {
    return Seconds(times[last - 1]);
  });
}

}  // namespace varve::query
