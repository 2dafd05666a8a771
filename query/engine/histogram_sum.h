// HistogramSum: a histogram that others are added to, whatever their resolution, zero bucket and
// custom bounds.
//
// The sum has the coarser of two schemas, the wider of two zero buckets and the bounds that both
// custom layouts share. A compensated sum keeps account of what rounding loses, as KahanAdd does.
//
// Threads:  values; one thread at a time.
// Source:   Prometheus documentation, "Native Histograms" specification, "PromQL".
#ifndef QUERY_ENGINE_HISTOGRAM_SUM_H_
#define QUERY_ENGINE_HISTOGRAM_SUM_H_

#include <cstdint>
#include <vector>

#include "query/engine/histogram_buckets.h"
#include "storage/model/histogram.h"

namespace varve::query {

// A histogram taken apart to compute with.
struct OpenHistogram {
  storage::CounterResetHint reset_hint = storage::CounterResetHint::kUnknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  BucketColumn positive;
  BucketColumn negative;
  std::vector<double> custom_values;

  OpenHistogram() = default;
  explicit OpenHistogram(const storage::Histogram& histogram);
  bool uses_custom_buckets() const { return schema == storage::kCustomBucketsSchema; }
  void DropEmptyBuckets();
  void DropBucketsWithin(double threshold);  // those that a zero bucket covers
  void ReduceTo(int32_t coarser);            // schema, exponential ones only
  storage::Histogram Close() const;          // is_float, as all that a query computes
};

// The count of the zero bucket if it were as wide as `*threshold`, which grows to the end of a
// populated bucket that it lies in.
double ZeroCountWithin(const OpenHistogram& histogram, double* threshold);
// Merges custom buckets into those of `bounds`, all of which are bounds of the histogram too.
void KeepCustomBounds(const std::vector<double>& bounds, OpenHistogram* histogram);
std::vector<double> SharedBounds(const std::vector<double>& a, const std::vector<double>& b);

class HistogramSum {
 public:
  // What an addition met with.
  struct Outcome {
    bool incompatible = false;  // exponential and custom buckets: nothing was added
    bool reconciled = false;    // custom bounds differed
    bool conflicting = false;   // one hint says that the counter was reset, one that it was not
  };

  HistogramSum() = default;
  HistogramSum(const storage::Histogram& first, bool compensated);

  // Adds `histogram` `factor` (1 or -1) times.
  Outcome Add(const storage::Histogram& histogram, double factor = 1);
  void Multiply(double factor);
  void Divide(double divisor);
  // Whether any number in it is infinite.
  bool has_overflow() const;
  void ReduceTo(int32_t schema) { value_.ReduceTo(schema); }
  void DropEmptyBuckets() { value_.DropEmptyBuckets(); }
  double count() const { return value_.count; }
  // With what was lost put back.
  storage::Histogram Value() const;
  // As a difference is answered: a gauge, without empty buckets.
  storage::HistogramPtr Gauge();

 private:
  void ReconcileZeroBuckets(OpenHistogram* other);
  void AddCell(double increment, double* sum, double* lost) const;
  void AddColumn(const BucketColumn& from, double factor, BucketColumn* to) const;
  void AddExponential(OpenHistogram* other, double factor);
  bool AddCustom(OpenHistogram* other, double factor);

  bool compensated_ = false;
  OpenHistogram value_;
  double zero_count_lost_ = 0;
  double count_lost_ = 0;
  double sum_lost_ = 0;
};

// The mean of histograms: a sum as long as nothing in it overflows, a running mean from then on.
class HistogramMean {
 public:
  HistogramSum::Outcome Add(const storage::Histogram& histogram);
  storage::Histogram Value() const;

 private:
  double count_ = 0;
  bool incremental_ = false;
  HistogramSum sum_;  // the mean once incremental_
  HistogramSum before_;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_HISTOGRAM_SUM_H_
