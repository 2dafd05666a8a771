// Classic histograms: one series per bucket, whose label `le` says up to what it counts; and
// telling them from native ones.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "histogram_quantile()" and "histogram_fraction()".
#ifndef QUERY_ENGINE_CLASSIC_HISTOGRAM_H_
#define QUERY_ENGINE_CLASSIC_HISTOGRAM_H_

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"

namespace varve::query {

inline constexpr std::string_view kBucketLabel = "le";

struct Bucket {
  double upper_bound;
  double count;  // of all observations up to upper_bound
};

// Of buckets in the order of their bounds; merges equal bounds, and makes counts monotonic, in
// place. `*forced_monotonic` says that more than rounding had to be put right.
double BucketQuantile(double share, std::vector<Bucket>* buckets, bool* forced_monotonic);
// The share of observations in (lower, upper].
double BucketFraction(double lower, double upper, std::vector<Bucket>* buckets);

// A classic histogram of a vector: bucket series that differ in `le` only.
struct ClassicHistogram {
  struct BucketSeries {
    double upper_bound;
    const StepSeries* series;
  };
  storage::LabelSet labels;  // without `le`
  std::string_view metric_name;
  std::vector<BucketSeries> buckets;  // in the order of their bounds

  // Those buckets that are present at `step`.
  void At(size_t step, std::vector<Bucket>* at) const;
  bool has_any_at(size_t step) const;
};

struct NativeHistogram {
  storage::LabelSet labels;
  std::string_view metric_name;
  const StepSeries* series;

  bool has_any_at(size_t step) const { return series->present[step] && !series->is_float(step); }
};

// The histograms of a vector, of both kinds.
struct HistogramVector {
  std::vector<ClassicHistogram> classic;
  std::vector<NativeHistogram> native;
  // Positions of those that have the same name and labels, first the classic one's. At a step where
  // both are there neither counts.
  std::vector<std::pair<size_t, size_t>> same;
};

// Warns of floats whose `le` is no number. `vector` must outlive the result.
HistogramVector CollectHistograms(const StepVector& vector, std::string_view position,
                                  QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_ENGINE_CLASSIC_HISTOGRAM_H_
