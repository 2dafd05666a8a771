// RunRangeAggregation: count_over_time({..} [5m]) and its kin, as one column of values per series.
//
// Streams are read in parallel, each once for all steps. Counting keeps no entry: an entry adds to
// the first step whose window holds it and takes itself away behind the last one.
//
// Threads:  functions; the streams are read on the context's pool.
// Errors:   INVALID_ARGUMENT for stages that do not compile, and "pipeline error: ..." where a
//           series of the result still has an error; those of QueryContext and storage.
#ifndef QUERY_LOGQL_RANGE_AGGREGATION_H_
#define QUERY_LOGQL_RANGE_AGGREGATION_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"
#include "query/logql/ast.h"
#include "query/logql/step_times.h"
#include "query/logql/window_function.h"
#include "storage/model/label_set.h"
#include "storage/querier.h"

namespace varve::query {

// Whether sum(f(..)) may group the entries before f instead of the series behind it.
bool TakesOuterSum(const RangeAggregationExpr& expr);

// `outer_sum`: the grouping of a sum around a function that TakesOuterSum; nullopt for none.
absl::StatusOr<StepVector> RunRangeAggregation(const storage::Querier& querier,
                                               const RangeAggregationExpr& expr,
                                               const std::optional<Grouping>& outer_sum,
                                               const StepTimes& steps, QueryContext* context);

// The entries of a time range as series of samples, in the order of time: their unwrapped values,
// or ones. Series as without a grouping, sorted by label set. Function and range do not matter.
struct LogSampleSeries {
  storage::LabelSet labels;
  std::vector<LogSample> samples;
};
absl::StatusOr<std::vector<LogSampleSeries>> ReadLogSamples(const storage::Querier& querier,
                                                            const RangeAggregationExpr& expr,
                                                            storage::TimeRange range_ns,
                                                            QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_LOGQL_RANGE_AGGREGATION_H_
