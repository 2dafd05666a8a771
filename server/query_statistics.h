// What a query did, as JSON: the statistics Prometheus answers for `stats`, and the plan that is
// answered for `explain=1`.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "HTTP API".
#ifndef SERVER_QUERY_STATISTICS_H_
#define SERVER_QUERY_STATISTICS_H_

#include <cstdint>

#include "query/engine/query_context.h"
#include "query/engine/query_trace.h"
#include "query/engine/step_vector.h"
#include "server/json_writer.h"

namespace varve::server {

struct QueryStatistics {
  const query::QueryTrace& trace;
  const query::StepGrid& grid;
  uint64_t peak_samples = 0;
  int64_t queue_ns = 0;  // waited for a thread
  int64_t total_ns = 0;
  bool per_step = false;  // stats=all
};

// {"timings": {...}, "samples": {...}}
void WriteQueryStatistics(const QueryStatistics& statistics, JsonWriter* json);

// {"operator": "sum", "seconds": .., "series": .., "samples": .., "bytes": .., "inputs": [...]}
void WriteQueryPlan(const query::QueryTrace& trace, JsonWriter* json);

}  // namespace varve::server

#endif  // SERVER_QUERY_STATISTICS_H_
