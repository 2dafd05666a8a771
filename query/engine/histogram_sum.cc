#include "query/engine/histogram_sum.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <utility>

#include "query/engine/kahan_sum.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

template <typename Function>
void EachCell(OpenHistogram* histogram, Function function) {
  function(&histogram->zero_count);
  function(&histogram->count);
  function(&histogram->sum);
  for (BucketColumn* column : {&histogram->positive, &histogram->negative}) {
    for (double& count : column->counts) function(&count);
    for (double& lost : column->lost) function(&lost);
  }
}

bool HasInfinity(const BucketColumn& column) {
  return std::any_of(column.counts.begin(), column.counts.end(),
                     [](double count) { return std::isinf(count); });
}

// The hint of a sum, and whether the two contradict each other.
CounterResetHint MergeHints(CounterResetHint a, CounterResetHint b, bool* conflicting) {
  if (a == b) return a;
  for (const CounterResetHint hint : {CounterResetHint::kGauge, CounterResetHint::kUnknown}) {
    if (a == hint || b == hint) return hint;
  }
  *conflicting = true;
  return CounterResetHint::kUnknown;
}

}  // namespace

OpenHistogram::OpenHistogram(const Histogram& histogram)
    : reset_hint(histogram.reset_hint),
      schema(histogram.schema),
      zero_threshold(histogram.zero_threshold),
      zero_count(histogram.zero_count),
      count(histogram.count),
      sum(histogram.sum),
      positive(UnpackBuckets(histogram.positive_spans, histogram.positive_counts)),
      negative(UnpackBuckets(histogram.negative_spans, histogram.negative_counts)),
      custom_values(histogram.custom_values) {}

void OpenHistogram::DropBucketsWithin(double threshold) {
  for (BucketColumn* column : {&positive, &negative}) {
    size_t covered = 0;
    while (covered < column->size() &&
           ExponentialBound(schema, column->indices[covered]) <= threshold) {
      ++covered;
    }
    const auto erase = [covered](auto* cells) {
      if (!cells->empty()) cells->erase(cells->begin(), cells->begin() + covered);
    };
    erase(&column->indices);
    erase(&column->counts);
    erase(&column->lost);
  }
}

void OpenHistogram::DropEmptyBuckets() {
  query::DropEmptyBuckets(&positive);
  query::DropEmptyBuckets(&negative);
}

void OpenHistogram::ReduceTo(int32_t coarser) {
  if (coarser >= schema) return;
  ReduceResolution(schema, coarser, &positive);
  ReduceResolution(schema, coarser, &negative);
  schema = coarser;
}

Histogram OpenHistogram::Close() const {
  Histogram histogram;
  histogram.reset_hint = reset_hint;
  histogram.is_float = true;
  histogram.schema = schema;
  histogram.zero_threshold = zero_threshold;
  histogram.zero_count = zero_count;
  histogram.count = count;
  histogram.sum = sum;
  PackBuckets(positive, &histogram.positive_spans, &histogram.positive_counts);
  PackBuckets(negative, &histogram.negative_spans, &histogram.negative_counts);
  histogram.custom_values = custom_values;
  return histogram;
}

double ZeroCountWithin(const OpenHistogram& histogram, double* threshold) {
  if (*threshold == histogram.zero_threshold) return histogram.zero_count;
  for (;;) {
    double count = histogram.zero_count;
    bool grown = false;
    for (const BucketColumn* column : {&histogram.positive, &histogram.negative}) {
      for (size_t i = 0; i < column->size(); ++i) {
        const int32_t index = column->indices[i];
        if (ExponentialBound(histogram.schema, int64_t{index} - 1) >= *threshold) break;
        count += column->counts[i];
        const double upper = ExponentialBound(histogram.schema, index);
        if (upper <= *threshold) continue;
        if (column->counts[i] != 0) {
          *threshold = upper;
          grown = column == &histogram.negative;  // the positive side has to be seen again
        }
        break;
      }
      if (grown) break;
    }
    if (!grown) return count;
  }
}

std::vector<double> SharedBounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> shared;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  return shared;
}

void KeepCustomBounds(const std::vector<double>& bounds, OpenHistogram* histogram) {
  RenumberBuckets(
      [&](int32_t index) {
        const double upper = CustomBound(histogram->custom_values, index);
        return static_cast<int32_t>(std::lower_bound(bounds.begin(), bounds.end(), upper) -
                                    bounds.begin());
      },
      &histogram->positive);
  histogram->custom_values = bounds;
}

HistogramSum::HistogramSum(const Histogram& first, bool compensated)
    : compensated_(compensated), value_(first) {
  if (!compensated) return;
  value_.positive.lost.resize(value_.positive.size());
  value_.negative.lost.resize(value_.negative.size());
}

void HistogramSum::AddCell(double increment, double* sum, double* lost) const {
  if (compensated_) {
    KahanAdd(increment, sum, lost);
  } else {
    *sum += increment;
  }
}

void HistogramSum::ReconcileZeroBuckets(OpenHistogram* other) {
  // Of `other` the count is taken anew each time: its buckets stay until the width is settled.
  double width = other->zero_threshold;
  double count = other->zero_count;
  while (width != value_.zero_threshold) {
    if (value_.zero_threshold > width) {
      width = value_.zero_threshold;
      count = ZeroCountWithin(*other, &width);
    }
    if (width > value_.zero_threshold) {
      double threshold = width;
      value_.zero_count = ZeroCountWithin(value_, &threshold);
      value_.zero_threshold = threshold;
      value_.DropBucketsWithin(threshold);
    }
  }
  other->zero_threshold = width;
  other->zero_count = count;
}

void HistogramSum::AddColumn(const BucketColumn& from, double factor, BucketColumn* to) const {
  if (to->indices == from.indices) {
    double none = 0;
    for (size_t i = 0; i < from.size(); ++i) {
      AddCell(factor * from.counts[i], &to->counts[i], compensated_ ? &to->lost[i] : &none);
    }
    return;
  }
  BucketColumn merged;
  merged.indices.reserve(to->size() + from.size());
  merged.counts.reserve(to->size() + from.size());
  size_t a = 0;
  size_t b = 0;
  while (a < to->size() || b < from.size()) {
    const bool take_a = b == from.size() || (a < to->size() && to->indices[a] <= from.indices[b]);
    const bool take_b = a == to->size() || (b < from.size() && from.indices[b] <= to->indices[a]);
    double count = take_a ? to->counts[a] : 0;
    double lost = take_a && compensated_ ? to->lost[a] : 0;
    merged.indices.push_back(take_a ? to->indices[a] : from.indices[b]);
    if (take_b) AddCell(factor * from.counts[b], &count, &lost);
    merged.counts.push_back(count);
    if (compensated_) merged.lost.push_back(lost);
    a += take_a;
    b += take_b;
  }
  *to = std::move(merged);
}

void HistogramSum::AddExponential(OpenHistogram* other, double factor) {
  ReconcileZeroBuckets(other);
  AddCell(factor * other->zero_count, &value_.zero_count, &zero_count_lost_);
  // Before they are merged with others: the zero bucket may end inside of a coarser bucket.
  other->DropBucketsWithin(value_.zero_threshold);
  const int32_t schema = std::min(value_.schema, other->schema);
  value_.ReduceTo(schema);
  other->ReduceTo(schema);
  AddColumn(other->positive, factor, &value_.positive);
  AddColumn(other->negative, factor, &value_.negative);
}

bool HistogramSum::AddCustom(OpenHistogram* other, double factor) {
  const bool differ = value_.custom_values != other->custom_values;
  if (differ) {
    const std::vector<double> shared = SharedBounds(value_.custom_values, other->custom_values);
    KeepCustomBounds(shared, &value_);
    KeepCustomBounds(shared, other);
  }
  AddColumn(other->positive, factor, &value_.positive);
  return differ;
}

HistogramSum::Outcome HistogramSum::Add(const Histogram& histogram, double factor) {
  Outcome outcome;
  if (histogram.uses_custom_buckets() != value_.uses_custom_buckets()) {
    outcome.incompatible = true;
    return outcome;
  }
  value_.reset_hint = MergeHints(value_.reset_hint, histogram.reset_hint, &outcome.conflicting);
  OpenHistogram other(histogram);
  AddCell(factor * other.count, &value_.count, &count_lost_);
  AddCell(factor * other.sum, &value_.sum, &sum_lost_);
  if (value_.uses_custom_buckets()) {
    outcome.reconciled = AddCustom(&other, factor);
  } else {
    AddExponential(&other, factor);
  }
  return outcome;
}

void HistogramSum::Multiply(double factor) {
  EachCell(&value_, [factor](double* cell) { *cell *= factor; });
  zero_count_lost_ *= factor;
  count_lost_ *= factor;
  sum_lost_ *= factor;
  if (factor < 0) value_.reset_hint = CounterResetHint::kGauge;
}

void HistogramSum::Divide(double divisor) {
  if (divisor == 0) {  // nothing sensible is left of the buckets
    value_.positive = {};
    value_.negative = {};
  }
  EachCell(&value_, [divisor](double* cell) { *cell /= divisor; });
  zero_count_lost_ /= divisor;
  count_lost_ /= divisor;
  sum_lost_ /= divisor;
  if (divisor < 0) value_.reset_hint = CounterResetHint::kGauge;
}

bool HistogramSum::has_overflow() const {
  return std::isinf(value_.zero_count) || std::isinf(value_.count) || std::isinf(value_.sum) ||
         HasInfinity(value_.positive) || HasInfinity(value_.negative);
}

Histogram HistogramSum::Value() const {
  Histogram histogram = value_.Close();
  if (!compensated_) return histogram;
  histogram.zero_count += zero_count_lost_;
  histogram.count += count_lost_;
  histogram.sum += sum_lost_;
  for (size_t i = 0; i < value_.positive.size(); ++i) {
    histogram.positive_counts[i] += value_.positive.lost[i];
  }
  for (size_t i = 0; i < value_.negative.size(); ++i) {
    histogram.negative_counts[i] += value_.negative.lost[i];
  }
  return histogram;
}

storage::HistogramPtr HistogramSum::Gauge() {
  value_.reset_hint = CounterResetHint::kGauge;
  value_.DropEmptyBuckets();
  return std::make_shared<const Histogram>(Value());
}

HistogramSum::Outcome HistogramMean::Add(const Histogram& histogram) {
  if (count_ == 0) {
    count_ = 1;
    sum_ = HistogramSum(histogram, true);
    return {};
  }
  if (!incremental_) {
    before_ = sum_;
    const HistogramSum::Outcome outcome = sum_.Add(histogram);
    if (outcome.incompatible) return outcome;
    count_ += 1;
    if (!sum_.has_overflow()) return outcome;
    incremental_ = true;
    sum_ = before_;
    sum_.Divide(count_ - 1);
  } else {
    count_ += 1;
  }
  sum_.Multiply((count_ - 1) / count_);
  HistogramSum share(histogram, false);
  share.Divide(count_);
  return sum_.Add(share.Value());
}

Histogram HistogramMean::Value() const {
  if (incremental_) return sum_.Value();
  HistogramSum mean = sum_;
  mean.Divide(count_);
  return mean.Value();
}

}  // namespace varve::query
