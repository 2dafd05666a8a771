#include "query/promql/type_check.h"

#include <algorithm>

#include "query/promql/functions_table.h"
#include "query/promql/parser_state.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrCat;

constexpr std::string_view kOperandTypes =
    "binary expression must contain only scalar and instant vector types";

bool IsOperand(ValueType type) { return type == ValueType::kScalar || type == ValueType::kVector; }

bool HasFill(const VectorMatching& matching) {
  return matching.fill_left.has_value() || matching.fill_right.has_value();
}

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  absl::Status Check(Expr* expr) {
    switch (expr->kind) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
        return absl::OkStatus();
      case ExprKind::kVectorSelector:
        return CheckSelector(As<VectorSelector>(*expr));
      case ExprKind::kMatrixSelector:
        return CheckSelector(*As<MatrixSelector>(*expr).selector);
      case ExprKind::kSubquery:
        return CheckSubquery(&As<SubqueryExpr>(*expr));
      case ExprKind::kUnary:
        return CheckUnary(&As<UnaryExpr>(*expr));
      case ExprKind::kBinary:
        return CheckBinary(&As<BinaryExpr>(*expr));
      case ExprKind::kAggregate:
        return CheckAggregate(&As<AggregateExpr>(*expr));
      case ExprKind::kCall:
        return CheckCall(&As<Call>(*expr));
      case ExprKind::kParen:
        return Check(As<ParenExpr>(*expr).expr.get());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status FailAt(const Expr& expr, std::string_view message) const {
    return ParseError(text_, expr.position.begin, message);
  }

  absl::Status ExpectType(Expr* expr, ValueType want, std::string_view context) {
    VARVE_RETURN_IF_ERROR(Check(expr));
    const ValueType found = expr->type();
    if (found == want) return absl::OkStatus();
    return FailAt(*expr, StrCat("expected type ", DocumentedType(want), " in ", context, ", got ",
                                DocumentedType(found)));
  }

  absl::Status CheckSelector(const VectorSelector& selector) {
    if (!selector.name.empty()) {
      // The last matcher is the name's own.
      for (size_t i = 0; i + 1 < selector.matchers.size(); ++i) {
        if (selector.matchers[i].name() != "__name__") continue;
        return FailAt(selector, StrCat("metric name must not be set twice: ", Quote(selector.name),
                                       " or ", Quote(selector.matchers[i].value())));
      }
      return absl::OkStatus();
    }
    if (selector.bypass_empty_matcher_check) return absl::OkStatus();
    const bool selective =
        std::any_of(selector.matchers.begin(), selector.matchers.end(),
                    [](const storage::Matcher& matcher) { return !matcher.MatchesEmpty(); });
    if (selective) return absl::OkStatus();
    return FailAt(selector, "vector selector must contain at least one non-empty matcher");
  }

  absl::Status CheckSubquery(SubqueryExpr* subquery) {
    VARVE_RETURN_IF_ERROR(Check(subquery->expr.get()));
    const ValueType type = subquery->expr->type();
    if (type == ValueType::kVector) return absl::OkStatus();
    return FailAt(*subquery, StrCat("subquery is only allowed on instant vector, got ",
                                    ValueTypeText(type), " instead"));
  }

  absl::Status CheckUnary(UnaryExpr* unary) {
    VARVE_RETURN_IF_ERROR(Check(unary->expr.get()));
    const ValueType type = unary->expr->type();
    if (IsOperand(type)) return absl::OkStatus();
    return FailAt(*unary,
                  StrCat("unary expression only allowed on expressions of type scalar or instant "
                         "vector, got ",
                         Quote(DocumentedType(type))));
  }

  absl::Status CheckBinary(BinaryExpr* binary) {
    VARVE_RETURN_IF_ERROR(Check(binary->left.get()));
    VARVE_RETURN_IF_ERROR(Check(binary->right.get()));
    const BinaryOperator op = binary->operation.op;
    const ValueType left = binary->left->type();
    const ValueType right = binary->right->type();
    const bool scalars = left == ValueType::kScalar && right == ValueType::kScalar;
    VectorMatching& matching = binary->operation.matching;
    if (binary->operation.return_bool && !IsComparison(op)) {
      return ParseError(text_, binary->operator_begin,
                        "bool modifier can only be used on comparison operators");
    }
    if (IsComparison(op) && !binary->operation.return_bool && scalars) {
      return ParseError(text_, binary->operator_begin,
                        "comparisons between scalars must use BOOL modifier");
    }
    if (IsSetOperator(op) && matching.cardinality == MatchCardinality::kOneToOne) {
      matching.cardinality = MatchCardinality::kManyToMany;
    }
    for (const std::string& label : matching.labels) {
      if (!matching.on) break;
      if (std::find(matching.include.begin(), matching.include.end(), label) ==
          matching.include.end()) {
        continue;
      }
      return ParseError(
          text_, binary->operator_begin,
          StrCat("label ", Quote(label), " must not occur in ON and GROUP clause at once"));
    }
    if (!IsOperand(left)) return FailAt(*binary->left, kOperandTypes);
    if (!IsOperand(right)) return FailAt(*binary->right, kOperandTypes);
    if (left == ValueType::kVector && right == ValueType::kVector) {
      return IsSetOperator(op) ? CheckSetOperation(*binary) : absl::OkStatus();
    }
    return CheckScalarOperation(binary);
  }

  absl::Status CheckSetOperation(const BinaryExpr& binary) {
    const VectorMatching& matching = binary.operation.matching;
    if (matching.cardinality != MatchCardinality::kManyToMany) {
      return FailAt(binary, StrCat("no grouping allowed for ",
                                   Quote(BinaryOperatorText(binary.operation.op)), " operation"));
    }
    if (HasFill(matching)) {
      return FailAt(binary, "filling in missing series not allowed for set operators");
    }
    return absl::OkStatus();
  }

  absl::Status CheckScalarOperation(BinaryExpr* binary) {
    VectorMatching& matching = binary->operation.matching;
    if (!matching.labels.empty()) {
      return FailAt(*binary, "vector matching only allowed between instant vectors");
    }
    if (HasFill(matching)) {
      return FailAt(*binary, "filling in missing series only allowed between instant vectors");
    }
    if (IsSetOperator(binary->operation.op)) {
      return FailAt(*binary,
                    StrCat("set operator ", Quote(BinaryOperatorText(binary->operation.op)),
                           " not allowed in binary scalar expression"));
    }
    binary->has_matching = false;
    matching = VectorMatching();
    return absl::OkStatus();
  }

  absl::Status CheckAggregate(AggregateExpr* aggregate) {
    VARVE_RETURN_IF_ERROR(
        ExpectType(aggregate->expr.get(), ValueType::kVector, "aggregation expression"));
    if (aggregate->parameter == nullptr) return absl::OkStatus();
    const ValueType want =
        aggregate->op == AggregateOperator::kCountValues ? ValueType::kString : ValueType::kScalar;
    return ExpectType(aggregate->parameter.get(), want, "aggregation parameter");
  }

  absl::Status CheckArgumentCount(const Call& call) {
    const FunctionSignature& function = *call.function;
    const int count = static_cast<int>(call.arguments.size());
    const int least = ArgumentsMin(function);
    const int greatest = ArgumentsMax(function);
    if (count >= least && (greatest < 0 || count <= greatest)) return absl::OkStatus();
    const std::string_view bound = function.variadic == 0 ? ""
                                   : count < least        ? "at least "
                                                          : "at most ";
    return FailAt(call, StrCat("expected ", bound, count < least ? least : greatest,
                               " argument(s) in call to ", Quote(function.name), ", got ", count));
  }

  // info() looks at the selector itself, not at what it selects.
  absl::Status CheckInfoSelector(const Call& call) {
    Expr& argument = *call.arguments[1];
    if (argument.type() != ValueType::kVector) {
      return FailAt(call, StrCat("expected type ", DocumentedType(ValueType::kVector),
                                 " in call to function ", Quote(call.function->name), ", got ",
                                 DocumentedType(argument.type())));
    }
    if (argument.kind != ExprKind::kVectorSelector) {
      return FailAt(argument, "expected label selectors only");
    }
    auto& selector = As<VectorSelector>(argument);
    if (!selector.name.empty()) {
      return FailAt(argument, "expected label selectors only, got vector selector instead");
    }
    selector.bypass_empty_matcher_check = true;
    return absl::OkStatus();
  }

  absl::Status CheckCall(Call* call) {
    VARVE_RETURN_IF_ERROR(CheckArgumentCount(*call));
    const FunctionSignature& function = *call->function;
    if (function.id == FunctionId::kInfo && call->arguments.size() > 1) {
      VARVE_RETURN_IF_ERROR(CheckInfoSelector(*call));
    }
    const std::string context = StrCat("call to function ", Quote(function.name));
    for (size_t i = 0; i < call->arguments.size(); ++i) {
      const size_t declared = std::min(i, function.argument_types.size() - 1);
      VARVE_RETURN_IF_ERROR(
          ExpectType(call->arguments[i].get(), function.argument_types[declared], context));
    }
    return absl::OkStatus();
  }

  std::string_view text_;
};

}  // namespace

absl::Status CheckTypes(std::string_view text, Expr* expr) { return Checker(text).Check(expr); }

}  // namespace varve::query
