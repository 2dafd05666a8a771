#include "query/promql/evaluator.h"

#include <memory>
#include <utility>

#include "query/engine/aggregation.h"
#include "query/engine/binary_operation.h"
#include "query/engine/histogram_buckets.h"
#include "query/engine/histogram_sum.h"
#include "query/engine/label_functions.h"
#include "query/engine/name_removal.h"
#include "query/engine/query_trace.h"
#include "query/promql/functions_table.h"
#include "query/promql/operator_name.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

// The value of one step at `steps` steps.
void Repeat(size_t steps, EvaluatedValue* value) {
  if (!value->scalar.empty()) value->scalar.assign(steps, value->scalar[0]);
  for (StepSeries& series : value->vector) {
    series.values.assign(steps, double{series.values[0]});
    series.present.assign(steps, uint8_t{series.present[0]});
    if (!series.histograms.empty()) series.histograms.assign(steps, series.point(0));
  }
}

storage::HistogramPtr Negated(const storage::Histogram& histogram) {
  HistogramSum negated(histogram, false);
  negated.Multiply(-1);
  return std::make_shared<const storage::Histogram>(negated.Value());
}

}  // namespace

absl::StatusOr<EvaluatedValue> Evaluator::Evaluate(const Expr& expr, const StepGrid& grid) {
  VARVE_RETURN_IF_ERROR(context_.CheckAlive());
  const size_t steps = grid.count();
  OperatorScope operation(context_.trace(), context_.trace() ? OperatorName(expr) : "");
  Result value = steps > 1 && plan_.IsStepInvariant(expr) ? EvaluateOnce(expr, grid)
                                                          : EvaluateNode(expr, grid);
  if (!value.ok()) return value;
  operation.SetResult(value->vector.size(), steps);
  uint64_t samples = value->vector.size() * steps;
  for (const StepSeries& series : value->vector) samples += SampleWeight(series.histograms);
  VARVE_RETURN_IF_ERROR(value->hold.Set(&context_, samples));
  return value;
}

absl::StatusOr<EvaluatedValue> Evaluator::EvaluateOnce(const Expr& expr, const StepGrid& grid) {
  const StepGrid first{grid.start_ms, grid.start_ms, grid.step_ms};
  const SampleScope samples(context_.trace(), 1, SampleScope::Use::kEveryStep);
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, EvaluateNode(expr, first));
  Repeat(grid.count(), &value);
  return value;
}

absl::StatusOr<EvaluatedValue> Evaluator::EvaluateNode(const Expr& expr, const StepGrid& grid) {
  EvaluatedValue value;
  switch (expr.kind) {
    case ExprKind::kNumberLiteral:
      value.scalar.assign(grid.count(), As<NumberLiteral>(expr).value);
      return value;
    case ExprKind::kStringLiteral:
      value.text = As<StringLiteral>(expr).value;
      return value;
    case ExprKind::kVectorSelector: {
      VARVE_ASSIGN_OR_RETURN(value.vector,
                             EvaluateSelector(As<VectorSelector>(expr), RollupInstant, true, grid));
      return value;
    }
    case ExprKind::kMatrixSelector:
    case ExprKind::kSubquery:
      return absl::InternalError("cannot evaluate a range at a step: want a function of it");
    case ExprKind::kUnary:
      return EvaluateUnary(As<UnaryExpr>(expr), grid);
    case ExprKind::kBinary:
      return EvaluateBinary(As<BinaryExpr>(expr), grid);
    case ExprKind::kAggregate: {
      VARVE_ASSIGN_OR_RETURN(value.vector, EvaluateAggregate(As<AggregateExpr>(expr), grid));
      return value;
    }
    case ExprKind::kCall:
      return EvaluateCall(As<Call>(expr), grid);
    case ExprKind::kParen:
      return EvaluateNode(*As<ParenExpr>(expr).expr, grid);
  }
  return absl::InternalError("cannot evaluate an unknown kind of expression");
}

absl::StatusOr<StepVector> Evaluator::EvaluateVector(const Expr& expr, const StepGrid& grid,
                                                     SampleHold* hold) {
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, Evaluate(expr, grid));
  *hold = std::move(value.hold);
  return std::move(value.vector);
}

absl::StatusOr<ScalarColumn> Evaluator::EvaluateScalar(const Expr& expr, const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, Evaluate(expr, grid));
  return std::move(value.scalar);
}

std::string_view Evaluator::StringArgument(const Call& call, size_t index) const {
  return As<StringLiteral>(StripParens(*call.arguments[index])).value;
}

absl::StatusOr<EvaluatedValue> Evaluator::EvaluateUnary(const UnaryExpr& unary,
                                                        const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, Evaluate(*unary.expr, grid));
  if (!unary.negative) return value;
  for (double& number : value.scalar) number = -number;
  for (StepSeries& series : value.vector) {
    for (double& number : series.values) number = -number;
    for (storage::HistogramPtr& histogram : series.histograms) {
      if (histogram != nullptr) histogram = Negated(*histogram);
    }
    DropMetricName(context_.limits().features, &series);
  }
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&value.vector));
  return value;
}

absl::StatusOr<EvaluatedValue> Evaluator::EvaluateBinary(const BinaryExpr& binary,
                                                         const StepGrid& grid) {
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue left, Evaluate(*binary.left, grid));
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue right, Evaluate(*binary.right, grid));
  const bool left_scalar = binary.left->type() == ValueType::kScalar;
  const bool right_scalar = binary.right->type() == ValueType::kScalar;
  BinaryOperation operation = binary.operation;
  operation.position = Position(binary);
  EvaluatedValue value;
  if (left_scalar && right_scalar) {
    value.scalar = ScalarScalar(operation.op, left.scalar, right.scalar);
  } else if (left_scalar || right_scalar) {
    StepVector& vector = left_scalar ? right.vector : left.vector;
    const ScalarColumn& scalar = left_scalar ? left.scalar : right.scalar;
    VARVE_ASSIGN_OR_RETURN(
        value.vector, VectorScalar(operation, std::move(vector), scalar, left_scalar, &context_));
  } else {
    VARVE_ASSIGN_OR_RETURN(value.vector,
                           VectorVector(operation, std::move(left.vector), std::move(right.vector),
                                        grid.count(), &context_));
  }
  return value;
}

absl::StatusOr<StepVector> Evaluator::EvaluateAggregate(const AggregateExpr& aggregate,
                                                        const StepGrid& grid) {
  Aggregation aggregation;
  aggregation.op = aggregate.op;
  aggregation.grouping = aggregate.grouping;
  const bool selects =
      aggregate.op == AggregateOperator::kTopk || aggregate.op == AggregateOperator::kBottomk;
  const Expr& blamed = selects ? static_cast<const Expr&>(aggregate) : *aggregate.expr;
  aggregation.input_position = Position(blamed);
  if (aggregate.parameter != nullptr) {
    aggregation.position = Position(*aggregate.parameter);
    VARVE_ASSIGN_OR_RETURN(EvaluatedValue parameter, Evaluate(*aggregate.parameter, grid));
    aggregation.parameter = std::move(parameter.scalar);
    aggregation.label = std::move(parameter.text);
  }
  if (aggregate.op == AggregateOperator::kCountValues && !IsLabelName(aggregation.label)) {
    return absl::FailedPreconditionError(
        storage::StrCat("invalid label name ", storage::Quote(aggregation.label)));
  }
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector input, EvaluateVector(*aggregate.expr, grid, &hold));
  // A group exists from the step on at which a series of it does; empty ones would name it.
  DropEmptySeries(&input);
  return Aggregate(aggregation, std::move(input), grid.count(), &context_);
}

}  // namespace varve::query
