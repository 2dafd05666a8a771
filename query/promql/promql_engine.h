// PromqlEngine: answers PromQL queries.
//
// Threads:  thread-safe; each query runs on the caller's thread and the worker pool.
// Owns:     nothing; the pool outlives it.
// Errors:   INVALID_ARGUMENT for a query that does not parse or is no query of its kind (HTTP 400
//           "bad_data"); FAILED_PRECONDITION for what goes wrong in its execution and
//           RESOURCE_EXHAUSTED for a limit (HTTP 422 "execution"); CANCELLED; DEADLINE_EXCEEDED.
#ifndef QUERY_PROMQL_PROMQL_ENGINE_H_
#define QUERY_PROMQL_PROMQL_ENGINE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/promql/log_vector_source.h"
#include "query/result.h"
#include "storage/querier.h"

namespace varve::query {

class PromqlEngine {
 public:
  // `logs`, which outlives the engine, is what expressions read logs from; nullptr for none.
  PromqlEngine(WorkerPool* pool, const QueryLimits& defaults, const LogVectorSource* logs = nullptr)
      : pool_(pool), defaults_(defaults), logs_(logs) {}

  // Whether selectors without a name are log selectors, as on the Loki API.
  void set_bare_selectors_are_logs(bool value) { bare_selectors_are_logs_ = value; }

  // Contexts for queries of this engine are made with these.
  WorkerPool* pool() const { return pool_; }
  const QueryLimits& defaults() const { return defaults_; }

  absl::StatusOr<QueryResult> Instant(const storage::Querier& querier, std::string_view expr,
                                      int64_t time_ms, QueryContext* context) const;
  // The result is a MatrixResult.
  absl::StatusOr<QueryResult> Range(const storage::Querier& querier, std::string_view expr,
                                    const StepGrid& grid, QueryContext* context) const;

 private:
  WorkerPool* pool_;
  QueryLimits defaults_;
  const LogVectorSource* logs_;
  bool bare_selectors_are_logs_ = false;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_PROMQL_ENGINE_H_
