// Taking the metric's name from series that an operation made another metric of: at once, or under
// delayed name removal (QueryFeatures) when the query ends.
//
// Threads:  functions without state.
// Errors:   FAILED_PRECONDITION for label sets that occur twice, in Prometheus's words.
#ifndef QUERY_ENGINE_NAME_REMOVAL_H_
#define QUERY_ENGINE_NAME_REMOVAL_H_

#include "absl/status/status.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"

namespace varve::query {

// Takes the labels that describe the metric from a series, or marks them to go.
void DropMetricName(const QueryFeatures& features, StepSeries* series);

// Takes the marked names, and makes one series of those that are the same without them; an error
// where two of them have the same step. For the end of a query.
absl::Status RemoveMarkedNames(StepVector* vector);

}  // namespace varve::query

#endif  // QUERY_ENGINE_NAME_REMOVAL_H_
