// What a native histogram tells of its observations: quantiles, shares, mean and variance.
//
// Inside a bucket observations are taken to be spread exponentially; in the zero bucket and in
// custom buckets, evenly. Observations of NaN are in the count, but in no bucket.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "histogram_quantile()", "histogram_fraction()",
//           "histogram_stddev()".
#ifndef QUERY_ENGINE_HISTOGRAM_STATISTICS_H_
#define QUERY_ENGINE_HISTOGRAM_STATISTICS_H_

#include "storage/model/histogram.h"

namespace varve::query {

// What observations of NaN did to an answer.
enum class NanEffect { kNone, kResultIsNan, kSkewedHigher, kExcluded };

double HistogramQuantile(double share, const storage::Histogram& histogram, NanEffect* nan);
// The share of observations in (lower, upper].
double HistogramFraction(double lower, double upper, const storage::Histogram& histogram,
                         NanEffect* nan);
double HistogramAverage(const storage::Histogram& histogram);
// Of the buckets' middles.
double HistogramVariance(const storage::Histogram& histogram);

}  // namespace varve::query

#endif  // QUERY_ENGINE_HISTOGRAM_STATISTICS_H_
