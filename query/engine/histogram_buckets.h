// Buckets of native histograms: their bounds, and sparse columns of them to compute with.
//
// A stored histogram keeps its buckets as spans; arithmetic unpacks them into columns of indices
// and counts, in increasing order of the index.
//
// Threads:  functions without state; values.
// Source:   Prometheus documentation, "Native Histograms" specification.
#ifndef QUERY_ENGINE_HISTOGRAM_BUCKETS_H_
#define QUERY_ENGINE_HISTOGRAM_BUCKETS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "storage/model/histogram.h"

namespace varve::query {

// The buckets of one side of zero. A bucket may be there with a count of zero.
struct BucketColumn {
  std::vector<int32_t> indices;
  std::vector<double> counts;
  // What the counts lost to rounding, one per count; empty where nobody keeps account of it.
  std::vector<double> lost;

  size_t size() const { return indices.size(); }
};

BucketColumn UnpackBuckets(std::span<const storage::HistogramSpan> spans,
                           std::span<const double> counts);
void PackBuckets(const BucketColumn& column, std::vector<storage::HistogramSpan>* spans,
                 std::vector<double>* counts);
void DropEmptyBuckets(BucketColumn* column);
// Gives every bucket the index renumber(index), which never decreases; merges those that get the
// same one.
void RenumberBuckets(const std::function<int32_t(int32_t)>& renumber, BucketColumn* column);
// Merges buckets of schema `from` into those of the coarser (smaller) schema `to`.
void ReduceResolution(int32_t from, int32_t to, BucketColumn* column);

// The upper bound of a positive bucket of an exponential schema. The last bucket of finite numbers
// ends at the greatest one; the next one counts infinities.
double ExponentialBound(int32_t schema, int64_t index);
// The same for custom buckets: -Inf below the first, +Inf for the last.
double CustomBound(std::span<const double> custom_values, int64_t index);

// A bucket with its bounds. The zero bucket includes both; the others exclude the one nearer to
// zero, and custom ones the lower one (except the first).
struct BoundedBucket {
  double lower;
  double upper;
  double count;
  bool lower_inclusive;
  bool upper_inclusive;
};
// Appends all buckets, lowest first, with those of a count of zero. The zero bucket is among them
// if its count is positive, or not zero; buckets that it overlaps end where it begins.
void AppendBuckets(const storage::Histogram& histogram, std::vector<BoundedBucket>* buckets,
                   bool with_negative_zero = false);

// How many samples a histogram counts for where samples are limited.
size_t SampleWeight(const storage::Histogram& histogram);
// Of all in a column; one that is handed to steps in a row counts once.
size_t SampleWeight(std::span<const storage::HistogramPtr> histograms);

}  // namespace varve::query

#endif  // QUERY_ENGINE_HISTOGRAM_BUCKETS_H_
