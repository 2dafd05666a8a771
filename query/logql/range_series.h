// FinishSeries: the columns of a range aggregation, of what was gathered of each series.
//
// Threads:  functions; the series are finished on the context's pool.
// Errors:   "pipeline error: ..." where a series of the result still has an error; CANCELLED.
#ifndef QUERY_LOGQL_RANGE_SERIES_H_
#define QUERY_LOGQL_RANGE_SERIES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/engine/step_vector.h"
#include "query/logql/range_job.h"
#include "query/logql/series_accumulator.h"
#include "storage/model/label_set.h"

namespace varve::query {

// One column of values per series, sorted by label set.
absl::StatusOr<StepVector> FinishSeries(const RangeJob& job, std::vector<SeriesAccumulator> found);

// What a query ends with whose series have an error.
absl::Status PipelineError(const storage::LabelSet& labels);

}  // namespace varve::query

#endif  // QUERY_LOGQL_RANGE_SERIES_H_
