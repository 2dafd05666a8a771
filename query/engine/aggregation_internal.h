// The pieces of Aggregate: grouping, folds to one value per group, and selections of input series.
//
// Threads:  functions without state; values.
#ifndef QUERY_ENGINE_AGGREGATION_INTERNAL_H_
#define QUERY_ENGINE_AGGREGATION_INTERNAL_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/aggregation.h"

namespace varve::query::aggregation_internal {

// Which group each input series belongs to; groups are numbered in the order of their first series.
struct Groups {
  std::vector<uint32_t> of_series;
  std::vector<storage::LabelSet> labels;

  size_t count() const { return labels.size(); }
};

storage::LabelSet GroupLabels(const Grouping& grouping, storage::LabelSetView labels);
Groups MakeGroups(const Grouping& grouping, const StepVector& input);
// The input series of each group, in order.
std::vector<std::vector<uint32_t>> Members(const Groups& groups);

// sum, avg, count, min, max, group, stddev, stdvar, quantile.
absl::StatusOr<StepVector> Fold(const Aggregation& aggregation, const StepVector& input,
                                size_t steps, QueryContext* context);
// sum and avg of the histograms of `input`, after the floats were folded into `*output`; takes away
// the points of groups with both.
absl::Status FoldHistograms(const Aggregation& aggregation, const StepVector& input,
                            const Groups& groups, size_t steps, QueryContext* context,
                            StepVector* output);
// topk, bottomk, limitk, limit_ratio: keep labels.
absl::StatusOr<StepVector> SelectSeries(const Aggregation& aggregation, StepVector input,
                                        size_t steps, QueryContext* context);
absl::StatusOr<StepVector> CountValues(const Aggregation& aggregation, const StepVector& input,
                                       size_t steps, QueryContext* context);

// A label set as a number in [0, 1), the same for ever: what limit_ratio compares its ratio with.
double SampleOffset(storage::LabelSetView labels);

}  // namespace varve::query::aggregation_internal

#endif  // QUERY_ENGINE_AGGREGATION_INTERNAL_H_
