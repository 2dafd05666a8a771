// Evaluator: computes the value of a syntax tree at all steps of a grid at once.
//
// Threads:  one thread evaluates; it spreads the work over series with QueryContext::ParallelFor.
// Owns:     nothing; querier, tree, text and context outlive it.
// Errors:   FAILED_PRECONDITION for what the expression does wrong (HTTP 422 "execution");
//           CANCELLED, DEADLINE_EXCEEDED and RESOURCE_EXHAUSTED of the context; the storage's own.
#ifndef QUERY_PROMQL_EVALUATOR_H_
#define QUERY_PROMQL_EVALUATOR_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/engine/rollup.h"
#include "query/engine/rollup_histogram.h"
#include "query/engine/step_vector.h"
#include "query/promql/ast.h"
#include "query/promql/log_vector_source.h"
#include "query/promql/planner.h"
#include "query/result.h"
#include "storage/querier.h"

namespace varve::query {

// What an expression evaluated to; the member of its type is set.
struct EvaluatedValue {
  ScalarColumn scalar;
  StepVector vector;
  std::string text;
  SampleHold hold;
};

class Evaluator {
 public:
  // `query_grid` is the one of the whole query: start(), end() and `@ start()` refer to it.
  Evaluator(const storage::Querier& querier, std::string_view text, const Expr& root,
            const StepGrid& query_grid, bool query_is_range, const LogVectorSource* logs,
            QueryContext* context)
      : querier_(querier),
        text_(text),
        query_grid_(query_grid),
        query_is_range_(query_is_range),
        logs_(logs),
        context_(*context),
        plan_(root) {}

  // REQUIRES: `expr` is no matrix.
  absl::StatusOr<EvaluatedValue> Evaluate(const Expr& expr, const StepGrid& grid);
  // The raw samples of a range selector, or the points of a subquery, at one time.
  absl::StatusOr<MatrixResult> EvaluateMatrix(const Expr& expr, int64_t time_ms);

 private:
  using Result = absl::StatusOr<EvaluatedValue>;
  using VectorResultOr = absl::StatusOr<StepVector>;

  // What a range function does with each window, and what becomes of the labels.
  struct RollupCall {
    Rollup function = nullptr;
    HistogramRollup histograms = HistogramIgnored;
    bool keeps_name = false;
    Rollup with_starts = nullptr;  // in its place where samples have start timestamps
    bool of_counter = false;       // tell of metrics that do not look like counters
    std::vector<double> parameter;
    std::vector<double> second_parameter;
    PositionRange position;  // of the range argument
  };
  // The samples of one series, without stale markers.
  struct RawSeries {
    storage::LabelSet labels;
    storage::SampleColumns columns;
    bool drops_name = false;
  };

  Result EvaluateOnce(const Expr& expr, const StepGrid& grid);
  Result EvaluateNode(const Expr& expr, const StepGrid& grid);
  Result EvaluateUnary(const UnaryExpr& unary, const StepGrid& grid);
  Result EvaluateBinary(const BinaryExpr& binary, const StepGrid& grid);
  VectorResultOr EvaluateAggregate(const AggregateExpr& aggregate, const StepGrid& grid);
  VectorResultOr EvaluateVector(const Expr& expr, const StepGrid& grid, SampleHold* hold);
  absl::StatusOr<ScalarColumn> EvaluateScalar(const Expr& expr, const StepGrid& grid);
  std::string_view StringArgument(const Call& call, size_t index) const;

  // Selectors and ranges (evaluator_rollup.cc, evaluator_extended.cc).
  VectorResultOr EvaluateSelector(const VectorSelector& selector, Rollup function, bool keeps_name,
                                  const StepGrid& grid);
  // The series a selector reads: metrics, or log entries as samples (evaluator_logs.cc).
  absl::StatusOr<std::unique_ptr<storage::MetricSelection>> SelectSeries(
      const VectorSelector& selector, storage::TimeRange range_ms) const;
  // A call of a LogQL function of a log range; nullptr for any other call.
  const MatrixSelector* LogRangeOf(const Call& call) const;
  VectorResultOr LogCall(const Call& call, const MatrixSelector& range, const StepGrid& grid);
  VectorResultOr RollupArgument(const Expr& argument, const RollupCall& call, const StepGrid& grid);
  VectorResultOr RollupSelector(const VectorSelector& selector, int64_t range_ms,
                                const RollupCall& call, const StepGrid& grid);
  VectorResultOr RollupSubquery(const SubqueryExpr& subquery, const RollupCall& call,
                                const StepGrid& grid);
  // Where the samples lie that the selectors of an expression read for each step, if they all read
  // at the same time; else where a selector without modifiers would look.
  WindowGrid SelectorWindows(const Expr& expr, const StepGrid& grid) const;
  // `end_ms` is the end of the grid outside, which may be after its last step. `is_result`: nothing
  // is done to the points any more.
  absl::StatusOr<std::vector<RawSeries>> SubqueryPoints(const SubqueryExpr& subquery,
                                                        const WindowGrid& windows, int64_t end_ms,
                                                        bool is_result);
  WindowGrid Windows(const TimeModifiers& time, int64_t range_ms, const StepGrid& grid) const;
  // What `modifiers` make of the right edge of a window that would end at `time_ms`.
  int64_t ShiftedTime(const TimeModifiers& modifiers, int64_t time_ms) const;
  StepSeries RollupOne(const RollupCall& call, WindowCache* cache, storage::LabelSetView labels,
                       const storage::SampleColumns& columns, struct RollupTask* task);
  // Completes what the floats of a series gave (evaluator_histogram_rollup.cc).
  void RollHistograms(const RollupCall& call, const RollupInput& floats,
                      const storage::SampleColumns& columns, std::string_view name,
                      struct RollupTask* task, StepSeries* out);
  void TellNotes(uint32_t notes, std::string_view name, const RollupCall& call,
                 struct RollupTask* task);
  // Where only counts and sums are wanted, hints say whether a counter was reset, as far as it can
  // be told; elsewhere only rates and their kin look at that.
  static void AdjustResetHints(const RollupCall& call, bool statistics,
                               storage::SampleColumns* columns);
  // Of samples that say that they began before the sample that precedes them.
  void WarnOfOverlappingStarts(std::string_view name, const RollupCall& call);
  void InformOfNonCounter(storage::LabelSetView labels, const RollupCall& call,
                          struct RollupTask* task);

  // Function calls (evaluator_call.cc and the files beside it).
  Result EvaluateCall(const Call& call, const StepGrid& grid);
  absl::Status ScalarCall(const Call& call, const StepGrid& grid, EvaluatedValue* value);
  VectorResultOr RangeCall(const Call& call, const StepGrid& grid);
  VectorResultOr MapCall(const Call& call, const StepGrid& grid);
  VectorResultOr ClampCall(const Call& call, const StepGrid& grid);
  VectorResultOr RoundCall(const Call& call, const StepGrid& grid);
  VectorResultOr CalendarCall(const Call& call, const StepGrid& grid);
  VectorResultOr TimestampCall(const Call& call, const StepGrid& grid);
  VectorResultOr AbsentCall(const Call& call, const StepGrid& grid);
  VectorResultOr SortCall(const Call& call, const StepGrid& grid);
  VectorResultOr LabelCall(const Call& call, const StepGrid& grid);
  VectorResultOr HistogramQuantileCall(const Call& call, const StepGrid& grid);
  VectorResultOr HistogramQuantilesCall(const Call& call, const StepGrid& grid);
  VectorResultOr HistogramFractionCall(const Call& call, const StepGrid& grid);
  // histogram_count and its like.
  VectorResultOr HistogramStatisticCall(const Call& call, const StepGrid& grid);
  VectorResultOr InfoCall(const Call& call, const StepGrid& grid);

  std::string Position(const Expr& expr) const { return PositionText(text_, expr.position.begin); }

  const storage::Querier& querier_;
  const std::string_view text_;
  const StepGrid query_grid_;
  const bool query_is_range_;    // else step() is 0
  const LogVectorSource* logs_;  // nullptr: expressions cannot read logs
  QueryContext& context_;
  const Plan plan_;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_EVALUATOR_H_
