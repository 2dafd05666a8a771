#include "query/engine/histogram_statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "query/engine/go_math.h"
#include "query/engine/histogram_buckets.h"
#include "query/engine/kahan_sum.h"

namespace varve::query {
namespace {

using storage::Histogram;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<BoundedBucket> Buckets(const Histogram& histogram) {
  std::vector<BoundedBucket> buckets;
  AppendBuckets(histogram, &buckets);
  return buckets;
}

// Less than the histogram's count where NaN was observed.
double CountInBuckets(const std::vector<BoundedBucket>& buckets) {
  double count = 0;
  for (const BoundedBucket& bucket : buckets) count += bucket.count;
  return count;
}

bool AroundZero(const BoundedBucket& bucket) { return bucket.lower <= 0 && bucket.upper >= 0; }

// Where all other observations are on one side of zero, those in the zero bucket are too.
void NarrowZeroBucket(const Histogram& histogram, BoundedBucket* bucket) {
  const bool positive = !histogram.positive_counts.empty();
  const bool negative = !histogram.negative_counts.empty();
  if (positive && !negative) bucket->lower = 0;
  if (negative && !positive) bucket->upper = 0;
}

// The custom bucket that reaches down to -Inf starts at zero, if it has positive values.
void NarrowFirstBucket(BoundedBucket* bucket) {
  if (bucket->lower == -kInfinity && bucket->upper > 0) bucket->lower = 0;
}

double ExponentialPoint(const BoundedBucket& bucket, double share) {
  const double lower = GoLog2(std::abs(bucket.lower));
  const double upper = GoLog2(std::abs(bucket.upper));
  if (bucket.lower > 0) return GoExp2(lower + (upper - lower) * share);
  return -GoExp2(upper + (lower - upper) * (1 - share));
}

// How much of a bucket lies below `value`, as a share.
double ExponentialShare(const BoundedBucket& bucket, double value) {
  const double lower = GoLog2(std::abs(bucket.lower));
  const double upper = GoLog2(std::abs(bucket.upper));
  const double at = GoLog2(std::abs(value));
  return value > 0 ? (at - lower) / (upper - lower) : 1 - (at - upper) / (lower - upper);
}

// The observations below `edge`.
double RankOf(const Histogram& histogram, const std::vector<BoundedBucket>& buckets, double edge,
              double count) {
  double rank = 0;
  for (BoundedBucket bucket : buckets) {
    const bool zero = !histogram.uses_custom_buckets() && AroundZero(bucket);
    if (zero) NarrowZeroBucket(histogram, &bucket);
    if (histogram.uses_custom_buckets()) NarrowFirstBucket(&bucket);
    if (bucket.lower >= edge) return std::min(rank, count);
    if (bucket.upper > edge) {
      // Inside an endless bucket, nothing is known; what reaches down to -Inf counts whole.
      double below = bucket.count;
      if (bucket.lower == -kInfinity) {
        // all of it
      } else if (zero || histogram.uses_custom_buckets()) {
        below = bucket.count * (edge - bucket.lower) / (bucket.upper - bucket.lower);
      } else {
        below = bucket.count * ExponentialShare(bucket, edge);
      }
      return std::min(rank + below, count);
    }
    rank += bucket.count;
  }
  return count;
}

}  // namespace

double HistogramQuantile(double share, const Histogram& histogram, NanEffect* nan) {
  *nan = NanEffect::kNone;
  if (share < 0) return -kInfinity;
  if (share > 1) return kInfinity;
  if (histogram.count == 0 || std::isnan(share)) return kNan;
  const bool has_nan = std::isnan(histogram.sum);
  // From the nearer end, unless what the buckets hold is not all.
  const bool forward = has_nan || share < 0.5;
  double rank = (forward ? share : 1 - share) * histogram.count;
  std::vector<BoundedBucket> buckets = Buckets(histogram);
  if (!forward) std::reverse(buckets.begin(), buckets.end());
  BoundedBucket bucket{0, 0, 0, false, false};
  double count = 0;
  for (const BoundedBucket& next : buckets) {
    bucket = next;
    if (next.count == 0) continue;
    count += bucket.count;
    if (count >= rank) break;
  }
  if (histogram.uses_custom_buckets()) {
    if (bucket.lower == -kInfinity && bucket.upper <= 0) return bucket.upper;
    if (bucket.lower != -kInfinity && bucket.upper == kInfinity) return bucket.lower;
    NarrowFirstBucket(&bucket);
  } else if (bucket.lower < 0 && bucket.upper > 0) {
    NarrowZeroBucket(histogram, &bucket);
  }
  // Rounding may have made it more than all.
  count = std::min(count, histogram.count);
  if (count < rank) {
    if (!has_nan) return bucket.upper;
    *nan = NanEffect::kResultIsNan;
    return kNan;
  }
  if (has_nan && CountInBuckets(buckets) < histogram.count) *nan = NanEffect::kSkewedHigher;
  rank = forward ? rank - (count - bucket.count) : count - rank;
  const double fraction = rank / bucket.count;
  if (histogram.uses_custom_buckets() || AroundZero(bucket)) {
    return bucket.lower + (bucket.upper - bucket.lower) * fraction;
  }
  return ExponentialPoint(bucket, fraction);
}

double HistogramFraction(double lower, double upper, const Histogram& histogram, NanEffect* nan) {
  *nan = NanEffect::kNone;
  if (histogram.count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  const std::vector<BoundedBucket> buckets = Buckets(histogram);
  double count = histogram.count;
  if (std::isnan(histogram.sum)) {
    count = CountInBuckets(buckets);
    if (count < histogram.count) *nan = NanEffect::kExcluded;
  }
  return (RankOf(histogram, buckets, upper, count) - RankOf(histogram, buckets, lower, count)) /
         histogram.count;
}

double HistogramAverage(const Histogram& histogram) { return histogram.sum / histogram.count; }

double HistogramVariance(const Histogram& histogram) {
  const double mean = HistogramAverage(histogram);
  double variance = 0;
  double lost = 0;
  for (const BoundedBucket& bucket : Buckets(histogram)) {
    if (bucket.count == 0) continue;
    double middle = 0;
    if (histogram.uses_custom_buckets()) {
      middle = (bucket.upper + bucket.lower) / 2;
    } else if (!AroundZero(bucket)) {
      middle = std::copysign(std::sqrt(bucket.upper * bucket.lower), bucket.upper);
    }
    const double delta = middle - mean;
    KahanAdd(bucket.count * delta * delta, &variance, &lost);
  }
  return (variance + lost) / histogram.count;
}

}  // namespace varve::query
