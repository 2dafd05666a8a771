#include "query/engine/histogram_reset.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "query/engine/histogram_sum.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return SameBits(x, y); });
}

bool SameColumn(const BucketColumn& a, const BucketColumn& b) {
  return a.indices == b.indices && SameBits(a.counts, b.counts);
}

// Whether any bucket has less than it had.
bool AnyBucketFell(const BucketColumn& before, const BucketColumn& now) {
  size_t n = 0;
  for (size_t b = 0; b < before.size(); ++b) {
    while (n < now.size() && now.indices[n] < before.indices[b]) ++n;
    const bool found = n < now.size() && now.indices[n] == before.indices[b];
    if ((found ? now.counts[n] : 0) < before.counts[b]) return true;
  }
  return false;
}

bool HaveOneLayout(const Histogram& a, const Histogram& b) {
  return a.schema == b.schema && a.zero_threshold == b.zero_threshold &&
         a.positive_spans == b.positive_spans && a.negative_spans == b.negative_spans &&
         a.positive_counts.size() == b.positive_counts.size() &&
         a.negative_counts.size() == b.negative_counts.size() && a.custom_values == b.custom_values;
}

bool AnyLess(const std::vector<double>& now, const std::vector<double>& before) {
  for (size_t i = 0; i < now.size(); ++i) {
    if (now[i] < before[i]) return true;
  }
  return false;
}

bool IsExponentialReset(const Histogram& before, const Histogram& now) {
  if (now.schema > before.schema || now.zero_threshold < before.zero_threshold) return true;
  OpenHistogram then(before);
  const OpenHistogram current(now);
  double threshold = now.zero_threshold;
  const double zero_count = ZeroCountWithin(then, &threshold);
  // The new zero bucket would end inside of an old bucket.
  if (threshold != now.zero_threshold || now.zero_count < zero_count) return true;
  then.DropBucketsWithin(now.zero_threshold);
  then.ReduceTo(now.schema);
  return AnyBucketFell(then.positive, current.positive) ||
         AnyBucketFell(then.negative, current.negative);
}

bool IsCustomReset(const Histogram& before, const Histogram& now) {
  OpenHistogram then(before);
  OpenHistogram current(now);
  if (then.custom_values != current.custom_values) {
    const std::vector<double> shared = SharedBounds(then.custom_values, current.custom_values);
    KeepCustomBounds(shared, &then);
    KeepCustomBounds(shared, &current);
  }
  return AnyBucketFell(then.positive, current.positive);
}

}  // namespace

bool IsReset(const Histogram& before, const Histogram& now) {
  if (now.reset_hint == CounterResetHint::kReset) return true;
  if (now.reset_hint == CounterResetHint::kNotReset) return false;
  if (now.count < before.count || now.uses_custom_buckets() != before.uses_custom_buckets()) {
    return true;
  }
  if (HaveOneLayout(before, now)) {
    return now.zero_count < before.zero_count ||
           AnyLess(now.positive_counts, before.positive_counts) ||
           AnyLess(now.negative_counts, before.negative_counts);
  }
  return now.uses_custom_buckets() ? IsCustomReset(before, now) : IsExponentialReset(before, now);
}

bool EqualHistograms(const Histogram& a, const Histogram& b) {
  if (&a == &b) return true;
  if (a.schema != b.schema || !SameBits(a.count, b.count) || !SameBits(a.sum, b.sum)) return false;
  const OpenHistogram x(a);
  const OpenHistogram y(b);
  if (a.uses_custom_buckets()) {
    if (!SameBits(a.custom_values, b.custom_values)) return false;
  } else if (a.zero_threshold != b.zero_threshold || !SameBits(a.zero_count, b.zero_count) ||
             !SameColumn(x.negative, y.negative)) {
    return false;
  }
  return SameColumn(x.positive, y.positive);
}

}  // namespace varve::query
