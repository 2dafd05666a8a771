// Logs inside PromQL: what reads them, and the functions that LogQL has.
#include <algorithm>

#include "query/promql/evaluator.h"
#include "query/promql/functions_table.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {

absl::StatusOr<std::unique_ptr<storage::MetricSelection>> Evaluator::SelectSeries(
    const VectorSelector& selector, storage::TimeRange range_ms) const {
  if (selector.log_query.empty()) return querier_.SelectMetrics(selector.matchers, range_ms);
  if (logs_ == nullptr) {
    return absl::InvalidArgumentError("cannot read logs: this query can only read metrics");
  }
  return logs_->SelectSamples(querier_, selector.log_query, range_ms, &context_);
}

const MatrixSelector* Evaluator::LogRangeOf(const Call& call) const {
  if (logs_ == nullptr || call.arguments.empty()) return nullptr;
  const Expr& last = StripParens(*call.arguments.back());
  if (last.kind != ExprKind::kMatrixSelector) return nullptr;
  const auto& matrix = As<MatrixSelector>(last);
  if (matrix.selector->log_query.empty()) return nullptr;
  return logs_->HasFunction(call.function->name) ? &matrix : nullptr;
}

absl::StatusOr<StepVector> Evaluator::LogCall(const Call& call, const MatrixSelector& range,
                                              const StepGrid& grid) {
  LogRangeCall log_call;
  log_call.function = call.function->name;
  log_call.log_query = range.selector->log_query;
  log_call.range_ms = range.range.ms;
  if (call.arguments.size() > 1) {
    VARVE_ASSIGN_OR_RETURN(const ScalarColumn column, EvaluateScalar(*call.arguments[0], grid));
    if (std::adjacent_find(column.begin(), column.end(), std::not_equal_to<>()) != column.end()) {
      return absl::FailedPreconditionError(storage::StrCat(
          "the parameter of ", call.function->name, " over logs must be the same at every step"));
    }
    if (!column.empty()) log_call.parameter = column[0];
  }
  const TimeModifiers& time = range.selector->time;
  StepGrid shifted = grid;
  shifted.start_ms = ShiftedTime(time, grid.start_ms);
  shifted.end_ms = ShiftedTime(time, grid.end_ms);
  VARVE_ASSIGN_OR_RETURN(StepVector vector,
                         logs_->Evaluate(querier_, log_call, shifted, &context_));
  if (shifted.count() != grid.count()) {
    // `@` makes all steps look at one time.
    for (StepSeries& series : vector) {
      series.values.assign(grid.count(), double{series.values[0]});
      series.present.assign(grid.count(), uint8_t{series.present[0]});
    }
  }
  return vector;
}

}  // namespace varve::query
