// Aggregations over the series of a StepVector: sum, topk and their kin, for both languages.
//
// Source of the semantics: Prometheus documentation, "Aggregation operators"; sums are
// Kahan-Neumaier in the order of the input series.
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT for a parameter out of range; those of QueryContext.
#ifndef QUERY_ENGINE_AGGREGATION_H_
#define QUERY_ENGINE_AGGREGATION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"

namespace varve::query {

enum class AggregateOperator {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kQuantile,
  kCountValues,
  kLimitk,
  kLimitRatio,
};
std::string_view AggregateOperatorText(AggregateOperator op);

// `by (labels)` or `without (labels)`; no clause at all is `by ()`.
struct Grouping {
  bool without = false;
  std::vector<std::string> labels;
};

struct Aggregation {
  AggregateOperator op = AggregateOperator::kSum;
  Grouping grouping;
  std::vector<double> parameter;  // per step: k, the quantile or the ratio; empty where op has none
  std::string label;              // of count_values
  std::string position;           // "line:col" of the parameter, for annotations; may be empty
  std::string input_position;     // the same of what is aggregated; of topk and bottomk itself
};

// The output's series are ordered by the first input series of their group; topk, bottomk, limitk
// and limit_ratio keep input labels. An instant (one-step) topk or bottomk is ordered by value.
absl::StatusOr<StepVector> Aggregate(const Aggregation& aggregation, StepVector input, size_t steps,
                                     QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_ENGINE_AGGREGATION_H_
