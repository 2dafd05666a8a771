// LogqlVectorSource: logs for PromQL expressions, read by LogQL.
//
// Threads:  stateless; any number of threads may use one.
// Errors:   as RunMetricQuery and ParseLogql.
#ifndef QUERY_LOGQL_LOG_VECTOR_SOURCE_H_
#define QUERY_LOGQL_LOG_VECTOR_SOURCE_H_

#include <memory>
#include <string_view>

#include "query/promql/log_vector_source.h"

namespace varve::query {

class LogqlVectorSource final : public LogVectorSource {
 public:
  bool HasFunction(std::string_view name) const override;
  absl::StatusOr<StepVector> Evaluate(const storage::Querier& querier, const LogRangeCall& call,
                                      const StepGrid& grid, QueryContext* context) const override;
  // Entries of one millisecond are samples of one time.
  absl::StatusOr<std::unique_ptr<storage::MetricSelection>> SelectSamples(
      const storage::Querier& querier, std::string_view log_query, storage::TimeRange range_ms,
      QueryContext* context) const override;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOG_VECTOR_SOURCE_H_
