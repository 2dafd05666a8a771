#include "query/promql/planner.h"

#include "query/promql/functions_table.h"

namespace varve::query {
namespace {

// Functions of the step's own time, whatever their arguments.
bool DependsOnStep(FunctionId function) {
  switch (function) {
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfYear:
    case FunctionId::kDaysInMonth:
    case FunctionId::kHour:
    case FunctionId::kMinute:
    case FunctionId::kMonth:
    case FunctionId::kYear:
    case FunctionId::kPredictLinear:
    case FunctionId::kTime:
    case FunctionId::kTimestamp:
      return true;
    default:
      return false;
  }
}

bool UsesBuckets(FunctionId function) {
  switch (function) {
    case FunctionId::kHistogramFraction:
    case FunctionId::kHistogramQuantile:
    case FunctionId::kHistogramQuantiles:
    case FunctionId::kHistogramStddev:
    case FunctionId::kHistogramStdvar:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool Plan::Visit(const Expr& expr) {
  bool invariant = false;
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return true;
    case ExprKind::kVectorSelector:
      invariant = As<VectorSelector>(expr).time.at != TimeModifiers::At::kNone;
      break;
    case ExprKind::kMatrixSelector:
      invariant = Visit(*As<MatrixSelector>(expr).selector);
      break;
    case ExprKind::kSubquery: {
      const auto& subquery = As<SubqueryExpr>(expr);
      Visit(*subquery.expr);
      invariant = subquery.time.at != TimeModifiers::At::kNone;
      break;
    }
    case ExprKind::kUnary:
      invariant = Visit(*As<UnaryExpr>(expr).expr);
      break;
    case ExprKind::kParen:
      invariant = Visit(*As<ParenExpr>(expr).expr);
      break;
    case ExprKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      const bool left = Visit(*binary.left);
      const bool right = Visit(*binary.right);
      invariant = left && right;
      break;
    }
    case ExprKind::kAggregate: {
      const auto& aggregate = As<AggregateExpr>(expr);
      const bool parameter = aggregate.parameter == nullptr || Visit(*aggregate.parameter);
      invariant = Visit(*aggregate.expr) && parameter;
      break;
    }
    case ExprKind::kCall: {
      const auto& call = As<Call>(expr);
      invariant = !DependsOnStep(call.function->id);
      for (const ExprPtr& argument : call.arguments) {
        const bool argument_invariant = Visit(*argument);
        invariant = invariant && argument_invariant;
      }
      break;
    }
  }
  if (invariant) invariant_.insert(&expr);
  return invariant;
}

// Below a subquery, a trim or a function of buckets all of a histogram is wanted, whatever else is
// there.
void Plan::FindStatistics(const Expr& expr, bool inside) {
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
    case ExprKind::kSubquery:
      return;
    case ExprKind::kVectorSelector:
      if (inside) statistics_.insert(&expr);
      return;
    case ExprKind::kMatrixSelector:
      FindStatistics(*As<MatrixSelector>(expr).selector, inside);
      return;
    case ExprKind::kUnary:
      FindStatistics(*As<UnaryExpr>(expr).expr, inside);
      return;
    case ExprKind::kParen:
      FindStatistics(*As<ParenExpr>(expr).expr, inside);
      return;
    case ExprKind::kBinary: {
      const auto& binary = As<BinaryExpr>(expr);
      const BinaryOperator op = binary.operation.op;
      if (op == BinaryOperator::kTrimUpper || op == BinaryOperator::kTrimLower) return;
      FindStatistics(*binary.left, inside);
      FindStatistics(*binary.right, inside);
      return;
    }
    case ExprKind::kAggregate:
      FindStatistics(*As<AggregateExpr>(expr).expr, inside);
      return;
    case ExprKind::kCall: {
      const auto& call = As<Call>(expr);
      const FunctionId id = call.function->id;
      if (UsesBuckets(id)) return;
      inside = inside || id == FunctionId::kHistogramAvg || id == FunctionId::kHistogramCount ||
               id == FunctionId::kHistogramSum;
      for (const ExprPtr& argument : call.arguments) FindStatistics(*argument, inside);
      return;
    }
  }
}

}  // namespace varve::query
