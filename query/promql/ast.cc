#include "query/promql/ast.h"

#include "query/promql/functions_table.h"

namespace varve::query {

std::string_view ValueTypeText(ValueType type) {
  switch (type) {
    case ValueType::kNone:
      return "none";
    case ValueType::kScalar:
      return "scalar";
    case ValueType::kVector:
      return "vector";
    case ValueType::kMatrix:
      return "matrix";
    case ValueType::kString:
      return "string";
  }
  return "none";
}

std::string_view DocumentedType(ValueType type) {
  if (type == ValueType::kVector) return "instant vector";
  if (type == ValueType::kMatrix) return "range vector";
  return ValueTypeText(type);
}

ValueType Call::type() const {
  return function == nullptr ? ValueType::kNone : function->return_type;
}

const Expr& StripParens(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kParen) inner = As<ParenExpr>(*inner).expr.get();
  return *inner;
}

}  // namespace varve::query
