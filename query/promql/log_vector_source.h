// LogVectorSource: how PromQL reads logs, so that one expression may use both signals.
//
// A log range in a PromQL expression is written `logs{app="x"} |= "error" | json [5m]`: the word
// `logs`, a log selector and at least one pipeline stage. `logs{..}` without a stage is the metric
// of that name. The functions that LogQL has count and measure entries as LogQL does (`rate` is
// entries per second); every other function of range vectors sees a sample per entry: its unwrapped
// value, or 1.
//
// Threads:  implementations are thread-safe.
// Errors:   INVALID_ARGUMENT for a log query that does not parse or compile; those of QueryContext
//           and storage.
#ifndef QUERY_PROMQL_LOG_VECTOR_SOURCE_H_
#define QUERY_PROMQL_LOG_VECTOR_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"
#include "storage/querier.h"

namespace varve::query {

// The word in front of a log selector on the Prometheus API.
inline constexpr std::string_view kLogSelectorWord = "logs";

// A function over a log range: `rate({app="x"} |= "error" [5m])` with the range in milliseconds.
struct LogRangeCall {
  std::string_view function;
  double parameter = 0;        // of quantile_over_time
  std::string_view log_query;  // selector and pipeline
  int64_t range_ms = 0;
};

class LogVectorSource {
 public:
  virtual ~LogVectorSource() = default;

  // Whether the function over a log range means what it means in LogQL.
  virtual bool HasFunction(std::string_view name) const = 0;
  // Its values at the steps of `grid`.
  virtual absl::StatusOr<StepVector> Evaluate(const storage::Querier& querier,
                                              const LogRangeCall& call, const StepGrid& grid,
                                              QueryContext* context) const = 0;
  // The entries of a time range as series of samples.
  virtual absl::StatusOr<std::unique_ptr<storage::MetricSelection>> SelectSamples(
      const storage::Querier& querier, std::string_view log_query, storage::TimeRange range_ms,
      QueryContext* context) const = 0;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_LOG_VECTOR_SOURCE_H_
