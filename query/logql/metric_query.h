// RunMetricQuery: the values of a metric expression at every step of a query.
//
// Aggregations and binary operators are those of query/engine; what LogQL does otherwise is done
// here: a division by zero gives NaN, and its errors have Loki's words.
//
// Threads:  functions; work is spread over the context's pool.
// Errors:   INVALID_ARGUMENT for expressions that cannot be evaluated; those of QueryContext and
//           storage.
#ifndef QUERY_LOGQL_METRIC_QUERY_H_
#define QUERY_LOGQL_METRIC_QUERY_H_

#include <variant>

#include "absl/status/statusor.h"
#include "query/engine/binary_operation.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"
#include "query/logql/ast.h"
#include "query/logql/step_times.h"
#include "storage/querier.h"

namespace varve::query {

using MetricValue = std::variant<ScalarColumn, StepVector>;

absl::StatusOr<MetricValue> RunMetricQuery(const storage::Querier& querier, const MetricExpr& expr,
                                           const StepTimes& steps, QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_LOGQL_METRIC_QUERY_H_
