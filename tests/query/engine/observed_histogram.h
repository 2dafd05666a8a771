// Histograms made from single observations, bucket by bucket in the plainest way: what arithmetic
// with histograms is compared with.
//
// Threads:  functions without state.
#ifndef TESTS_QUERY_ENGINE_OBSERVED_HISTOGRAM_H_
#define TESTS_QUERY_ENGINE_OBSERVED_HISTOGRAM_H_

#include <cstdint>
#include <random>
#include <vector>

#include "storage/model/histogram.h"

namespace varve::query {

struct HistogramLayout {
  int32_t schema = 0;
  double zero_threshold = 0;
  std::vector<double> custom_values;  // of kCustomBucketsSchema
};

storage::Histogram Observe(const std::vector<double>& observations, const HistogramLayout& layout);

// Observations of both signs over some powers of two, zeros among them.
std::vector<double> RandomObservations(size_t count, std::mt19937* random);
// Of one of some exponential schemas.
HistogramLayout RandomLayout(std::mt19937* random);
HistogramLayout RandomCustomLayout(std::mt19937* random);

// Equal but for empty buckets and the sum, which adds up in another order.
bool SameBuckets(const storage::Histogram& a, const storage::Histogram& b);

}  // namespace varve::query

#endif  // TESTS_QUERY_ENGINE_OBSERVED_HISTOGRAM_H_
