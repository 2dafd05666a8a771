// LogqlEngine: evaluates LogQL queries.
//
// Threads:  stateless; any number of threads may use one.
// Errors:   INVALID_ARGUMENT (HTTP 400) for queries that do not parse, cannot be evaluated, or
//           whose result has pipeline errors; RESOURCE_EXHAUSTED for limits; CANCELLED,
//           DEADLINE_EXCEEDED; what storage answers.
#ifndef QUERY_LOGQL_LOGQL_ENGINE_H_
#define QUERY_LOGQL_LOGQL_ENGINE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/logql/log_query.h"
#include "query/logql/parser.h"
#include "query/result.h"
#include "storage/querier.h"

namespace varve::query {

class LogqlEngine {
 public:
  // A metric query at one time: a vector or a scalar. `limit` and `direction` are those of log
  // queries, which Loki refuses here.
  absl::StatusOr<QueryResult> Instant(const storage::Querier& querier, std::string_view text,
                                      int64_t time_ns, uint64_t limit, storage::Direction direction,
                                      QueryContext* context) const;

  // `context_lines` of a log query: how many lines before and after each line come with it.
  // A log query over [start_ns, end_ns): streams. A metric query at the steps start, start + step,
  // ... up to and including end: a matrix. `step_ns` is positive.
  absl::StatusOr<QueryResult> Range(const storage::Querier& querier, std::string_view text,
                                    int64_t start_ns, int64_t end_ns, int64_t step_ns,
                                    uint64_t limit, storage::Direction direction,
                                    QueryContext* context, uint64_t context_lines = 0) const;
};

// Whether the text parses as a query for lines (not numbers).
absl::StatusOr<bool> IsLogQuery(std::string_view text);

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOGQL_ENGINE_H_
