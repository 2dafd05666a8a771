#include "query/engine/histogram_buckets.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "query/engine/kahan_sum.h"

namespace varve::query {
namespace {

using storage::Histogram;
using storage::HistogramSpan;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMaxExponent = 1024;  // 2^1024 is the first power that no double holds

// 2^(i / 2^schema) / 2 for schema kExponentialSchemaMax; coarser ones take every second, fourth,
// ... Not each is the nearest double: Prometheus's bounds are products, and its answers show them
// to the last digit. A schema takes the bounds of the one before it, and between two of them the
// lower one times 2^(2^-schema).
std::array<double, 1 << storage::kExponentialSchemaMax> MakeFractions() {
  // 2^(2^-1), 2^(2^-2), ... as Go's math.Exp2 gives them.
  constexpr double kFactors[storage::kExponentialSchemaMax] = {
      1.414213562373095,  1.189207115002721,  1.0905077326652577, 1.0442737824274138,
      1.0218971486541166, 1.0108892860517005, 1.0054299011128027, 1.0027112750502025};
  std::array<double, 1 << storage::kExponentialSchemaMax> fractions;
  fractions[0] = 0.5;
  size_t step = fractions.size();
  for (const double factor : kFactors) {
    step /= 2;
    for (size_t i = step; i < fractions.size(); i += 2 * step) {
      fractions[i] = fractions[i - step] * factor;
    }
  }
  return fractions;
}

// Calls visit(index, count) for each bucket.
template <typename Visit>
void EachBucket(std::span<const HistogramSpan> spans, std::span<const double> counts, Visit visit) {
  size_t next = 0;
  int64_t index = 0;
  for (const HistogramSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < counts.size(); ++i) {
      visit(static_cast<int32_t>(index++), counts[next++]);
    }
  }
}

void AppendCustomBuckets(const Histogram& histogram, std::vector<BoundedBucket>* buckets) {
  EachBucket(histogram.positive_spans, histogram.positive_counts, [&](int32_t index, double count) {
    buckets->push_back({CustomBound(histogram.custom_values, int64_t{index} - 1),
                        CustomBound(histogram.custom_values, index), count, index == 0, true});
  });
}

}  // namespace

BucketColumn UnpackBuckets(std::span<const HistogramSpan> spans, std::span<const double> counts) {
  BucketColumn column;
  column.indices.reserve(counts.size());
  column.counts.reserve(counts.size());
  EachBucket(spans, counts, [&column](int32_t index, double count) {
    column.indices.push_back(index);
    column.counts.push_back(count);
  });
  return column;
}

void PackBuckets(const BucketColumn& column, std::vector<HistogramSpan>* spans,
                 std::vector<double>* counts) {
  spans->clear();
  *counts = column.counts;
  int64_t next = 0;  // the index after the last span
  for (const int32_t index : column.indices) {
    if (spans->empty() || index != next) {
      spans->push_back({static_cast<int32_t>(index - next), 0});
    }
    ++spans->back().length;
    next = int64_t{index} + 1;
  }
}

void DropEmptyBuckets(BucketColumn* column) {
  size_t kept = 0;
  for (size_t i = 0; i < column->size(); ++i) {
    if (column->counts[i] == 0) continue;
    column->indices[kept] = column->indices[i];
    column->counts[kept] = column->counts[i];
    if (!column->lost.empty()) column->lost[kept] = column->lost[i];
    ++kept;
  }
  column->indices.resize(kept);
  column->counts.resize(kept);
  if (!column->lost.empty()) column->lost.resize(kept);
}

void RenumberBuckets(const std::function<int32_t(int32_t)>& renumber, BucketColumn* column) {
  if (column->size() == 0) return;
  const bool compensated = !column->lost.empty();
  size_t last = 0;
  column->indices[0] = renumber(column->indices[0]);
  for (size_t i = 1; i < column->size(); ++i) {
    const int32_t index = renumber(column->indices[i]);
    if (index != column->indices[last]) {
      ++last;
      column->indices[last] = index;
      column->counts[last] = column->counts[i];
      if (compensated) column->lost[last] = column->lost[i];
    } else if (compensated) {
      KahanAdd(column->counts[i], &column->counts[last], &column->lost[last]);
      column->lost[last] += column->lost[i];
    } else {
      column->counts[last] += column->counts[i];
    }
  }
  column->indices.resize(last + 1);
  column->counts.resize(last + 1);
  if (compensated) column->lost.resize(last + 1);
}

void ReduceResolution(int32_t from, int32_t to, BucketColumn* column) {
  if (from <= to) return;
  RenumberBuckets(
      [shift = from - to](int32_t index) {
        return static_cast<int32_t>(((int64_t{index} - 1) >> shift) + 1);
      },
      column);
}

double ExponentialBound(int32_t schema, int64_t index) {
  constexpr double kGreatest = std::numeric_limits<double>::max();
  if (schema < 0) {
    const int64_t exponent = std::clamp<int64_t>(index * (int64_t{1} << -schema), -5000, 5000);
    if (exponent == kMaxExponent) return kGreatest;
    return std::ldexp(1.0, static_cast<int>(exponent));
  }
  static const auto kFractions = MakeFractions();
  const auto fraction = static_cast<size_t>(index & ((1 << schema) - 1));
  const auto exponent = static_cast<int>(std::clamp<int64_t>((index >> schema) + 1, -5000, 5000));
  if (fraction == 0 && exponent == kMaxExponent + 1) return kGreatest;
  return std::ldexp(kFractions[fraction << (storage::kExponentialSchemaMax - schema)], exponent);
}

double CustomBound(std::span<const double> custom_values, int64_t index) {
  if (index < 0) return -kInfinity;
  if (index >= static_cast<int64_t>(custom_values.size())) return kInfinity;
  return custom_values[static_cast<size_t>(index)];
}

void AppendBuckets(const Histogram& histogram, std::vector<BoundedBucket>* buckets,
                   bool with_negative_zero) {
  if (histogram.uses_custom_buckets()) {
    AppendCustomBuckets(histogram, buckets);
    return;
  }
  const double zero = histogram.zero_threshold;
  const size_t begin = buckets->size();
  EachBucket(histogram.negative_spans, histogram.negative_counts, [&](int32_t index, double count) {
    const double lower = -ExponentialBound(histogram.schema, index);
    const double upper = -ExponentialBound(histogram.schema, int64_t{index} - 1);
    buckets->push_back({lower, upper > -zero ? -zero : upper, count, true, false});
  });
  std::reverse(buckets->begin() + static_cast<std::ptrdiff_t>(begin), buckets->end());
  if (histogram.zero_count > 0 || (with_negative_zero && histogram.zero_count < 0)) {
    buckets->push_back({-zero, zero, histogram.zero_count, true, true});
  }
  EachBucket(histogram.positive_spans, histogram.positive_counts, [&](int32_t index, double count) {
    const double lower = ExponentialBound(histogram.schema, int64_t{index} - 1);
    const double upper = ExponentialBound(histogram.schema, index);
    buckets->push_back({lower < zero ? zero : lower, upper, count, false, true});
  });
}

size_t SampleWeight(const Histogram& histogram) {
  // A float sample takes 16 bytes.
  return 1 +
         (sizeof(Histogram) +
          sizeof(double) * (histogram.positive_spans.size() + histogram.negative_spans.size() +
                            histogram.positive_counts.size() + histogram.negative_counts.size() +
                            histogram.custom_values.size())) /
             16;
}

size_t SampleWeight(std::span<const storage::HistogramPtr> histograms) {
  size_t weight = 0;
  const Histogram* before = nullptr;
  for (const storage::HistogramPtr& histogram : histograms) {
    if (histogram == nullptr || histogram.get() == before) continue;
    before = histogram.get();
    weight += SampleWeight(*histogram);
  }
  return weight;
}

}  // namespace varve::query
