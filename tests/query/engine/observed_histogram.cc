#include "tests/query/engine/observed_histogram.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "query/engine/histogram_text.h"

namespace varve::query {
namespace {

using storage::Histogram;

void Fill(const std::map<int32_t, double>& counts, std::vector<storage::HistogramSpan>* spans,
          std::vector<double>* out) {
  // Every bucket is a span of its own: the most awkward of the allowed forms.
  int32_t next = 0;
  for (const auto& [index, count] : counts) {
    spans->push_back({index - next, 1});
    out->push_back(count);
    next = index + 1;
  }
}

// The bucket (2^((i-1)/2^schema), 2^(i/2^schema)] that a positive number lies in.
int32_t IndexOf(double value, int32_t schema) {
  const double exact = std::log2(value) * std::exp2(schema);
  const double rounded = std::round(exact);
  // Powers of the base end a bucket; the logarithm may miss them by a rounding.
  return static_cast<int32_t>(std::abs(exact - rounded) < 1e-9 ? rounded : std::ceil(exact));
}

}  // namespace

Histogram Observe(const std::vector<double>& observations, const HistogramLayout& layout) {
  Histogram histogram;
  histogram.schema = layout.schema;
  histogram.zero_threshold = layout.zero_threshold;
  histogram.custom_values = layout.custom_values;
  std::map<int32_t, double> positive;
  std::map<int32_t, double> negative;
  for (const double value : observations) {
    histogram.count += 1;
    histogram.sum += value;
    if (histogram.uses_custom_buckets()) {
      const auto bound =
          std::lower_bound(layout.custom_values.begin(), layout.custom_values.end(), value);
      positive[static_cast<int32_t>(bound - layout.custom_values.begin())] += 1;
    } else if (std::abs(value) <= layout.zero_threshold) {
      histogram.zero_count += 1;
    } else {
      (value > 0 ? positive : negative)[IndexOf(std::abs(value), layout.schema)] += 1;
    }
  }
  Fill(positive, &histogram.positive_spans, &histogram.positive_counts);
  Fill(negative, &histogram.negative_spans, &histogram.negative_counts);
  return histogram;
}

std::vector<double> RandomObservations(size_t count, std::mt19937* random) {
  std::uniform_real_distribution<double> exponent(-6, 6);
  std::uniform_int_distribution<int> kind(0, 9);
  std::vector<double> observations;
  for (size_t i = 0; i < count; ++i) {
    const int chosen = kind(*random);
    double value = std::exp2(exponent(*random));
    if (chosen == 0) value = 0;
    if (chosen == 1) value = std::exp2(std::round(std::log2(value)));  // a bound of all schemas
    observations.push_back(chosen >= 7 ? -value : value);
  }
  return observations;
}

HistogramLayout RandomLayout(std::mt19937* random) {
  std::uniform_int_distribution<int> schema(-2, 4);
  std::uniform_int_distribution<int> threshold(0, 3);
  constexpr double kThresholds[] = {0, 0.001, 0.03, 0.5};
  return {schema(*random), kThresholds[threshold(*random)], {}};
}

HistogramLayout RandomCustomLayout(std::mt19937* random) {
  std::bernoulli_distribution kept(0.6);
  HistogramLayout layout{storage::kCustomBucketsSchema, 0, {}};
  for (const double bound : {-20.0, -1.0, 0.0, 0.25, 1.0, 3.0, 10.0, 40.0}) {
    if (kept(*random)) layout.custom_values.push_back(bound);
  }
  return layout;
}

bool SameBuckets(const Histogram& a, const Histogram& b) {
  Histogram x = a;
  Histogram y = b;
  x.sum = y.sum = 0;
  return a.schema == b.schema && a.zero_threshold == b.zero_threshold &&
         HistogramText(x) == HistogramText(y);
}

}  // namespace varve::query
