// deriv, predict_linear and double exponential smoothing.
#include <cmath>
#include <limits>

#include "query/engine/kahan_sum.h"
#include "query/engine/rollup.h"

namespace varve::query {
namespace {

struct Line {
  double slope;
  double intercept;  // the value at `origin_ms`
};

// The least-squares line through the samples [first, last).
Line FitLine(const RollupInput& input, uint32_t first, uint32_t last, int64_t origin_ms) {
  double n = 0;
  double sum_x = 0, lost_x = 0;
  double sum_y = 0, lost_y = 0;
  double sum_xy = 0, lost_xy = 0;
  double sum_x2 = 0, lost_x2 = 0;
  const double first_y = input.values[first];
  bool constant = true;
  for (uint32_t i = first; i < last; ++i) {
    const double y = input.values[i];
    if (i > first && y != first_y) constant = false;
    n += 1;
    const double x = static_cast<double>(input.timestamps_ms[i] - origin_ms) / 1e3;
    KahanAdd(x, &sum_x, &lost_x);
    KahanAdd(y, &sum_y, &lost_y);
    KahanAdd(x * y, &sum_xy, &lost_xy);
    KahanAdd(x * x, &sum_x2, &lost_x2);
  }
  if (constant) {
    if (!std::isinf(first_y)) return {0, first_y};
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    return {kNan, kNan};
  }
  sum_x += lost_x;
  sum_y += lost_y;
  sum_xy += lost_xy;
  sum_x2 += lost_x2;
  const double covariance = sum_xy - sum_x * sum_y / n;
  const double variance = sum_x2 - sum_x * sum_x / n;
  const double slope = covariance / variance;
  return {slope, sum_y / n - slope * sum_x / n};
}

}  // namespace

void RollupDeriv(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (last - first < 2) continue;
    // An origin near the samples keeps the squares small.
    out->Set(s, FitLine(input, first, last, input.timestamps_ms[first]).slope);
  }
}

void RollupPredictLinear(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (last - first < 2) continue;
    const Line line = FitLine(input, first, last, input.grid.evaluated_ms[s]);
    out->Set(s, line.slope * input.parameter[s] + line.intercept);
  }
}

void RollupDoubleExponentialSmoothing(const RollupInput& input, StepSeries* out) {
  for (size_t s = 0; s < input.steps(); ++s) {
    const uint32_t first = input.windows.first[s];
    const uint32_t last = input.windows.last[s];
    if (last - first < 2) continue;
    const double smoothing = input.parameter[s];
    const double trending = input.second_parameter[s];
    double before = 0;
    double smoothed = input.values[first];
    double trend = input.values[first + 1] - input.values[first];
    for (uint32_t i = first + 1; i < last; ++i) {
      const double raw = smoothing * input.values[i];
      if (i > first + 1) {
        const double change = trending * (smoothed - before);
        trend = change + (1 - trending) * trend;
      }
      const double carried = (1 - smoothing) * (smoothed + trend);
      before = smoothed;
      smoothed = raw + carried;
    }
    out->Set(s, smoothed);
  }
}

}  // namespace varve::query
