// Classic histograms: one series per bucket, whose label `le` says up to what it counts.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "histogram_quantile()" and "histogram_fraction()".
#ifndef QUERY_ENGINE_CLASSIC_HISTOGRAM_H_
#define QUERY_ENGINE_CLASSIC_HISTOGRAM_H_

#include <functional>
#include <string_view>
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

// The histograms of a vector: bucket series that differ in `le` (and the name) only.
struct ClassicHistogram {
  struct BucketSeries {
    double upper_bound;
    const StepSeries* series;
  };
  storage::LabelSet labels;  // without `le` and the name
  std::string_view metric_name;
  std::vector<BucketSeries> buckets;  // in the order of their bounds

  // Those buckets that are present at `step`.
  void At(size_t step, std::vector<Bucket>* at) const;
};

// Warns of series whose `le` is no number. `vector` must outlive the result.
std::vector<ClassicHistogram> CollectHistograms(const StepVector& vector, std::string_view position,
                                                QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_ENGINE_CLASSIC_HISTOGRAM_H_
