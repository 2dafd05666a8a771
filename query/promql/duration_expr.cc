#include "query/promql/duration_expr.h"

#include <cmath>

#include "absl/status/statusor.h"
#include "query/engine/go_math.h"
#include "query/promql/ast.h"
#include "query/promql/duration_text.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

absl::Status FailAt(const DurationExpr& expr, std::string_view message) {
  return absl::InvalidArgumentError(
      storage::ToAbsl(storage::StrCat(expr.position.begin, ":", expr.position.end, ": ", message)));
}

class Resolver {
 public:
  explicit Resolver(const DurationScope& scope) : scope_(scope) {}

  absl::Status Resolve(Expr* expr) {
    switch (expr->kind) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
        return absl::OkStatus();
      case ExprKind::kVectorSelector:
        return ResolveOffset(&As<VectorSelector>(*expr).time);
      case ExprKind::kMatrixSelector: {
        auto& matrix = As<MatrixSelector>(*expr);
        VARVE_RETURN_IF_ERROR(ResolvePositive(&matrix.range));
        return ResolveOffset(&matrix.selector->time);
      }
      case ExprKind::kSubquery: {
        auto& subquery = As<SubqueryExpr>(*expr);
        VARVE_RETURN_IF_ERROR(ResolveOffset(&subquery.time));
        VARVE_RETURN_IF_ERROR(ResolvePositive(&subquery.step));
        VARVE_RETURN_IF_ERROR(ResolvePositive(&subquery.range));
        return Resolve(subquery.expr.get());
      }
      case ExprKind::kUnary:
        return Resolve(As<UnaryExpr>(*expr).expr.get());
      case ExprKind::kBinary: {
        auto& binary = As<BinaryExpr>(*expr);
        VARVE_RETURN_IF_ERROR(Resolve(binary.left.get()));
        return Resolve(binary.right.get());
      }
      case ExprKind::kAggregate: {
        auto& aggregate = As<AggregateExpr>(*expr);
        if (aggregate.parameter != nullptr) {
          VARVE_RETURN_IF_ERROR(Resolve(aggregate.parameter.get()));
        }
        return Resolve(aggregate.expr.get());
      }
      case ExprKind::kCall:
        for (const ExprPtr& argument : As<Call>(*expr).arguments) {
          VARVE_RETURN_IF_ERROR(Resolve(argument.get()));
        }
        return absl::OkStatus();
      case ExprKind::kParen:
        return Resolve(As<ParenExpr>(*expr).expr.get());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ResolveOffset(TimeModifiers* time) { return ResolveDuration(&time->offset, false); }
  absl::Status ResolvePositive(Duration* duration) { return ResolveDuration(duration, true); }

  absl::Status ResolveDuration(Duration* duration, bool positive) {
    if (duration->expression == nullptr) return absl::OkStatus();
    const DurationExpr& expr = *duration->expression;
    VARVE_ASSIGN_OR_RETURN(const double seconds, Evaluate(expr));
    if (positive && seconds <= 0) return FailAt(expr, "duration must be greater than 0");
    if (!(std::fabs(seconds) < kDurationSecondsMax)) {
      return FailAt(expr, "duration is out of range");
    }
    duration->ms = SecondsToMilliseconds(seconds);
    return absl::OkStatus();
  }

  absl::StatusOr<double> Evaluate(const DurationExpr& expr) const {
    double left = 0;
    double right = 0;
    if (expr.left != nullptr) {
      VARVE_ASSIGN_OR_RETURN(left, Evaluate(*expr.left));
    }
    if (expr.right != nullptr) {
      VARVE_ASSIGN_OR_RETURN(right, Evaluate(*expr.right));
    }
    switch (expr.op) {
      case DurationOperator::kSeconds:
        return expr.seconds;
      case DurationOperator::kStep:
        return static_cast<double>(scope_.step_ms) / 1000;
      case DurationOperator::kRange:
        return static_cast<double>(scope_.range_ms) / 1000;
      case DurationOperator::kMinOf:
        return std::isnan(left) || left < right ? left : right;
      case DurationOperator::kMaxOf:
        return std::isnan(left) || left > right ? left : right;
      case DurationOperator::kAdd:
        return left + right;
      case DurationOperator::kSub:
        return left - right;
      case DurationOperator::kMul:
        return left * right;
      case DurationOperator::kDiv:
        if (right == 0) return FailAt(expr, "division by zero");
        return left / right;
      case DurationOperator::kMod:
        if (right == 0) return FailAt(expr, "modulo by zero");
        return std::fmod(left, right);
      case DurationOperator::kPow:
        return GoPow(left, right);
      case DurationOperator::kNegate:
        return -left;
    }
    return 0.0;
  }

  DurationScope scope_;
};

}  // namespace

absl::Status ResolveDurations(const DurationScope& scope, Expr* root) {
  return Resolver(scope).Resolve(root);
}

}  // namespace varve::query
