#include "query/promql/selector_list.h"

namespace varve::query {
namespace {

using SelectorList = std::vector<std::vector<storage::Matcher>>;

// The parser bounds the height of a tree, and so the depth of this.
void Collect(const Expr* expr, SelectorList* selectors) {
  if (expr == nullptr) return;
  switch (expr->kind) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return;
    case ExprKind::kVectorSelector:
      selectors->push_back(As<VectorSelector>(*expr).matchers);
      return;
    case ExprKind::kMatrixSelector:
      return Collect(As<MatrixSelector>(*expr).selector.get(), selectors);
    case ExprKind::kSubquery:
      return Collect(As<SubqueryExpr>(*expr).expr.get(), selectors);
    case ExprKind::kUnary:
      return Collect(As<UnaryExpr>(*expr).expr.get(), selectors);
    case ExprKind::kBinary:
      Collect(As<BinaryExpr>(*expr).left.get(), selectors);
      return Collect(As<BinaryExpr>(*expr).right.get(), selectors);
    case ExprKind::kAggregate:
      Collect(As<AggregateExpr>(*expr).parameter.get(), selectors);
      return Collect(As<AggregateExpr>(*expr).expr.get(), selectors);
    case ExprKind::kCall:
      for (const ExprPtr& argument : As<Call>(*expr).arguments) Collect(argument.get(), selectors);
      return;
    case ExprKind::kParen:
      return Collect(As<ParenExpr>(*expr).expr.get(), selectors);
  }
}

}  // namespace

std::vector<std::vector<storage::Matcher>> SelectorsOf(const Expr& expr) {
  SelectorList selectors;
  Collect(&expr, &selectors);
  return selectors;
}

}  // namespace varve::query
