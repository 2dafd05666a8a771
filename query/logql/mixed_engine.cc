#include "query/logql/mixed_engine.h"

#include <algorithm>

#include "query/logql/log_vector_source.h"
#include "query/logql/parser.h"
#include "query/promql/functions_table.h"
#include "query/promql/parser.h"
#include "query/promql/promql_engine.h"
#include "storage/model/time_range.h"

namespace varve::query {
namespace {

bool IsLogqlAggregation(AggregateOperator op) {
  switch (op) {
    case AggregateOperator::kSum:
    case AggregateOperator::kAvg:
    case AggregateOperator::kMin:
    case AggregateOperator::kMax:
    case AggregateOperator::kCount:
    case AggregateOperator::kStddev:
    case AggregateOperator::kStdvar:
    case AggregateOperator::kTopk:
    case AggregateOperator::kBottomk:
      return true;
    default:
      return false;
  }
}

bool IsLogqlFunction(std::string_view name) {
  return FindRangeFunction(name).has_value() || name == "label_replace" || name == "vector" ||
         name == "sort" || name == "sort_desc";
}

// Whether the expression has what LogQL lacks: a metric, a subquery, `@`, a function of PromQL's.
// Any other text that is no LogQL is a mistake in LogQL.
bool GoesBeyondLogql(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return false;
    case ExprKind::kVectorSelector: {
      const auto& selector = As<VectorSelector>(expr);
      return selector.log_query.empty() || selector.time.at != TimeModifiers::At::kNone ||
             selector.anchored || selector.smoothed;
    }
    case ExprKind::kMatrixSelector:
      return GoesBeyondLogql(*As<MatrixSelector>(expr).selector);
    case ExprKind::kSubquery:
      return true;
    case ExprKind::kUnary:
      return GoesBeyondLogql(*As<UnaryExpr>(expr).expr);
    case ExprKind::kBinary:
      return GoesBeyondLogql(*As<BinaryExpr>(expr).left) ||
             GoesBeyondLogql(*As<BinaryExpr>(expr).right);
    case ExprKind::kAggregate:
      return !IsLogqlAggregation(As<AggregateExpr>(expr).op) ||
             GoesBeyondLogql(*As<AggregateExpr>(expr).expr);
    case ExprKind::kCall: {
      const auto& call = As<Call>(expr);
      return !IsLogqlFunction(call.function->name) ||
             std::any_of(call.arguments.begin(), call.arguments.end(),
                         [](const ExprPtr& argument) { return GoesBeyondLogql(*argument); });
    }
    case ExprKind::kParen:
      return GoesBeyondLogql(*As<ParenExpr>(expr).expr);
  }
  return false;
}

// Whether the text is no LogQL but PromQL with log selectors. Most queries are LogQL.
bool IsMixed(std::string_view text, const QueryContext& context) {
  if (text.size() > context.limits().query_bytes_max || ParseLogql(text).ok()) return false;
  const ParseLimits limits{.depth_max = context.limits().depth_max,
                           .query_bytes_max = context.limits().query_bytes_max,
                           .bare_selectors_are_logs = true};
  const absl::StatusOr<ExprPtr> expr = ParseExpression(text, limits);
  return expr.ok() && GoesBeyondLogql(**expr);
}

PromqlEngine EngineOf(const QueryContext& context, const LogVectorSource* logs) {
  PromqlEngine engine(context.pool(), context.limits(), logs);
  engine.set_bare_selectors_are_logs(true);
  return engine;
}

int64_t Milliseconds(int64_t nanoseconds) {
  return storage::FloorDivide(nanoseconds, storage::kNanosecondsPerMillisecond);
}

}  // namespace

absl::StatusOr<QueryResult> MixedEngine::Instant(const storage::Querier& querier,
                                                 std::string_view text, int64_t time_ns,
                                                 uint64_t limit, storage::Direction direction,
                                                 QueryContext* context) const {
  if (!IsMixed(text, *context)) {
    return LogqlEngine().Instant(querier, text, time_ns, limit, direction, context);
  }
  const LogqlVectorSource logs;
  return EngineOf(*context, &logs).Instant(querier, text, Milliseconds(time_ns), context);
}

absl::StatusOr<QueryResult> MixedEngine::Range(const storage::Querier& querier,
                                               std::string_view text, int64_t start_ns,
                                               int64_t end_ns, int64_t step_ns, uint64_t limit,
                                               storage::Direction direction, QueryContext* context,
                                               uint64_t context_lines) const {
  if (!IsMixed(text, *context)) {
    return LogqlEngine().Range(querier, text, start_ns, end_ns, step_ns, limit, direction, context,
                               context_lines);
  }
  const LogqlVectorSource logs;
  const StepGrid grid{Milliseconds(start_ns), Milliseconds(end_ns),
                      std::max<int64_t>(1, Milliseconds(step_ns))};
  return EngineOf(*context, &logs).Range(querier, text, grid, context);
}

}  // namespace varve::query
