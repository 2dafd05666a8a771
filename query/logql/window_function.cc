#include "query/logql/window_function.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace varve::query {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;
// How much farther than the usual distance a window's edge may lie from its nearest sample before
// the counter is taken to begin (end) between the two.
constexpr double kExtrapolationThreshold = 1.1;

double Sum(std::span<const LogSample> samples) {
  double sum = 0;
  for (const LogSample& sample : samples) sum += sample.value;
  return sum;
}

double Average(std::span<const LogSample> samples) {
  double mean = 0;
  double count = 0;
  for (const LogSample& sample : samples) {
    const double value = sample.value;
    ++count;
    if (std::isinf(mean)) {
      if (std::isinf(value) && (mean > 0) == (value > 0)) continue;
      if (!std::isinf(value) && !std::isnan(value)) continue;
    }
    mean += value / count - mean / count;
  }
  return mean;
}

double Variance(std::span<const LogSample> samples) {
  double squares = 0;
  double count = 0;
  double mean = 0;
  for (const LogSample& sample : samples) {
    ++count;
    const double delta = sample.value - mean;
    mean += delta / count;
    squares += delta * (sample.value - mean);
  }
  return squares / count;
}

// NaN gives way to any number.
template <typename Better>
double Extreme(std::span<const LogSample> samples, const Better& better) {
  double best = samples[0].value;
  for (const LogSample& sample : samples) {
    if (better(sample.value, best) || std::isnan(best)) best = sample.value;
  }
  return best;
}

double Quantile(double quantile, std::span<const LogSample> samples, std::vector<double>* values) {
  if (std::isnan(quantile)) return quantile;
  if (quantile < 0) return -std::numeric_limits<double>::infinity();
  if (quantile > 1) return std::numeric_limits<double>::infinity();
  values->clear();
  for (const LogSample& sample : samples) values->push_back(sample.value);
  std::sort(values->begin(), values->end(),
            [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const double rank = quantile * (static_cast<double>(values->size()) - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(static_cast<double>(values->size()) - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return (*values)[static_cast<size_t>(lower)] * (1 - weight) +
         (*values)[static_cast<size_t>(upper)] * weight;
}

// The increase of a counter per second, extrapolated to the window's edges.
double CounterRate(const Window& window) {
  const std::span<const LogSample> samples = window.samples;
  if (samples.size() < 2) return 0;
  const LogSample& first = samples.front();
  const LogSample& last = samples.back();
  double increase = last.value - first.value;
  double before = first.value;
  for (const LogSample& sample : samples.subspan(1)) {
    if (sample.value < before) increase += before;
    before = sample.value;
  }
  const auto seconds = [](int64_t from, int64_t to) {
    return static_cast<double>(to - from) / kNanosecondsPerSecond;
  };
  double to_start = seconds(window.start_ns, first.timestamp_ns);
  double to_end = seconds(last.timestamp_ns, window.end_ns);
  const double sampled = seconds(first.timestamp_ns, last.timestamp_ns);
  const double average = sampled / static_cast<double>(samples.size() - 1);
  const double threshold = average * kExtrapolationThreshold;
  if (to_start >= threshold) to_start = average / 2;
  if (to_end >= threshold) to_end = average / 2;
  if (increase > 0 && first.value >= 0) {
    // A counter does not begin below zero.
    to_start = std::min(to_start, sampled * (first.value / increase));
  }
  const double factor = (sampled + to_start + to_end) / sampled;
  return increase * factor / seconds(window.start_ns, window.end_ns);
}

}  // namespace

double ApplyWindowFunction(RangeFunction function, double parameter, const Window& window,
                           std::vector<double>* scratch) {
  const std::span<const LogSample> samples = window.samples;
  switch (function) {
    case RangeFunction::kRate:
      return Sum(samples) /
             (static_cast<double>(window.end_ns - window.start_ns) / kNanosecondsPerSecond);
    case RangeFunction::kSum:
      return Sum(samples);
    case RangeFunction::kAvg:
      return Average(samples);
    case RangeFunction::kMin:
      return Extreme(samples, [](double a, double b) { return a < b; });
    case RangeFunction::kMax:
      return Extreme(samples, [](double a, double b) { return a > b; });
    case RangeFunction::kStddev:
      return std::sqrt(Variance(samples));
    case RangeFunction::kStdvar:
      return Variance(samples);
    case RangeFunction::kFirst:
      return samples.front().value;
    case RangeFunction::kLast:
      return samples.back().value;
    case RangeFunction::kQuantile:
      return Quantile(parameter, samples, scratch);
    case RangeFunction::kRateCounter:
      return CounterRate(window);
    case RangeFunction::kCount:
    case RangeFunction::kBytes:
    case RangeFunction::kBytesRate:
    case RangeFunction::kAbsent:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace varve::query
