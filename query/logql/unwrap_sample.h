// UnwrapSample: the value that `| unwrap label` takes from an entry.
//
// Threads:  a function without state.
// Errors:   a value that does not convert is the entry's SampleExtractionErr, as in Loki.
#ifndef QUERY_LOGQL_UNWRAP_SAMPLE_H_
#define QUERY_LOGQL_UNWRAP_SAMPLE_H_

#include <vector>

#include "query/logql/ast.h"
#include "query/logql/stage.h"

namespace varve::query {

// False: the entry gives no sample, because it lacks the label or one of `filters`, the label
// filters behind the unwrap, drops it. `*value` stays as it is where the label does not convert.
bool UnwrapSample(const UnwrapExpr& unwrap, const std::vector<StagePtr>& filters,
                  PipelineEntry* entry, double* value);

}  // namespace varve::query

#endif  // QUERY_LOGQL_UNWRAP_SAMPLE_H_
