// RangeJob: one range aggregation, compiled: what the tasks that read streams share.
//
// Threads:  the tasks read it, but for what is atomic, which any of them may set.
// Owns:     the compiled stages; the expression, the steps, the selection and the context outlive
//           it.
// Errors:   Make: INVALID_ARGUMENT for stages that do not compile.
#ifndef QUERY_LOGQL_RANGE_JOB_H_
#define QUERY_LOGQL_RANGE_JOB_H_

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/logql/ast.h"
#include "query/logql/pipeline.h"
#include "query/logql/series_accumulator.h"
#include "query/logql/stage.h"
#include "query/logql/step_times.h"
#include "query/logql/storage_predicates.h"
#include "storage/querier.h"

namespace varve::query {

struct RangeJob {
  // A job without the selection of streams.
  static absl::StatusOr<std::unique_ptr<RangeJob>> Make(const RangeAggregationExpr& expr,
                                                        const std::optional<Grouping>& grouping,
                                                        const StepTimes& steps,
                                                        QueryContext* context);

  const RangeAggregationExpr& expr;
  const StepTimes& steps;
  StoragePredicates predicates;
  std::vector<StageExpr> stages;  // of the pipeline
  Pipeline pipeline;
  std::vector<StagePtr> unwrap_filters;
  LabelNeeds needs;
  SeriesGrouping grouping;
  const storage::LogSelection* selection = nullptr;
  QueryContext* context = nullptr;
  bool samples_only = false;  // no function is applied
  // Entries are read as far as `needs` says. That is not enough where a series has an error, which
  // keeps all labels: it is noticed, and everything read again.
  bool reads_needs_only = false;
  std::atomic<bool> met_error{false};
  // Unwrapped values are added up as they come, instead of being kept and put in order, while all
  // of them are integers so small that no order of adding rounds. Another value is noticed, and
  // everything read again.
  bool adds_integers = false;
  std::atomic<bool> met_other_value{false};
  std::atomic<uint64_t> sums{0};  // of all series: one for each step

  // Series that were paid for, which reading again does not pay for once more.
  std::atomic<uint64_t> series_seen{0};
  std::atomic<uint64_t> series_charged{0};

  // Pays for `count` more series.
  absl::Status ChargeSeries(uint64_t count);
  // After a read that failed: whether another one, of more, may do; it has to begin anew.
  bool ReadsMore();

  bool counts_bytes() const {
    return expr.function == RangeFunction::kBytes || expr.function == RangeFunction::kBytesRate;
  }
  bool unwraps() const { return expr.range.unwrap.has_value(); }
  bool absent() const { return expr.function == RangeFunction::kAbsent && !samples_only; }
  // Whether entries are kept as samples instead of being counted as they come.
  bool keeps_samples() const { return samples_only || (unwraps() && !absent() && !adds_integers); }
  StepLocator MakeLocator() const {
    return StepLocator(steps, expr.range.range_ns, expr.range.offset_ns);
  }
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_RANGE_JOB_H_
