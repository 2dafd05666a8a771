// MixedEngine: queries of the Loki API over logs and metrics.
//
// A query that is LogQL means what it means to Loki. One that is not is read as PromQL in which a
// selector without a name is a log selector: `name{..}` and `name[5m]` are metrics, and functions,
// subqueries and `@` of PromQL work on logs:
//
//   max_over_time(rate({app="x"} |= "error" [5m])[1h:1m])
//   sum(rate({app="x"} |= "error" [5m])) / sum(rate(http_requests_total{app="x"}[5m]))
//
// Threads:  stateless; any number of threads may use one.
// Errors:   those of LogqlEngine; where a query is neither language, what LogQL says of it.
#ifndef QUERY_LOGQL_MIXED_ENGINE_H_
#define QUERY_LOGQL_MIXED_ENGINE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/logql/logql_engine.h"
#include "query/result.h"
#include "storage/querier.h"

namespace varve::query {

class MixedEngine {
 public:
  absl::StatusOr<QueryResult> Instant(const storage::Querier& querier, std::string_view text,
                                      int64_t time_ns, uint64_t limit, storage::Direction direction,
                                      QueryContext* context) const;
  absl::StatusOr<QueryResult> Range(const storage::Querier& querier, std::string_view text,
                                    int64_t start_ns, int64_t end_ns, int64_t step_ns,
                                    uint64_t limit, storage::Direction direction,
                                    QueryContext* context, uint64_t context_lines = 0) const;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_MIXED_ENGINE_H_
