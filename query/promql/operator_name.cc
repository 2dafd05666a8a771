#include "query/promql/operator_name.h"

#include <algorithm>

#include "query/promql/functions_table.h"
#include "query/promql/printer.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrAppend;
using storage::StrCat;

std::string Listed(std::string_view keyword, const std::vector<std::string>& labels) {
  std::string text = StrCat(" ", keyword, " (");
  for (size_t i = 0; i < labels.size(); ++i) StrAppend(&text, i == 0 ? "" : ", ", labels[i]);
  return text + ")";
}

std::string AggregateName(const AggregateExpr& aggregate) {
  std::string name(AggregateOperatorText(aggregate.op));
  const Grouping& grouping = aggregate.grouping;
  if (grouping.without || !grouping.labels.empty()) {
    name += Listed(grouping.without ? "without" : "by", grouping.labels);
  }
  return name;
}

std::string BinaryName(const BinaryExpr& binary) {
  std::string name(BinaryOperatorText(binary.operation.op));
  if (binary.operation.return_bool) name += " bool";
  const VectorMatching& matching = binary.operation.matching;
  if (!binary.has_matching) return name;
  if (matching.on || !matching.labels.empty()) {
    name += Listed(matching.on ? "on" : "ignoring", matching.labels);
  }
  if (matching.cardinality == MatchCardinality::kManyToOne) {
    name += Listed("group_left", matching.include);
  } else if (matching.cardinality == MatchCardinality::kOneToMany) {
    name += Listed("group_right", matching.include);
  }
  return name;
}

std::string SubqueryName(const SubqueryExpr& subquery) {
  // The whole of it, less the expression in front, which stands below it.
  const std::string whole = PrintExpression(subquery);
  const std::string inner = PrintExpression(*subquery.expr);
  return StrCat("subquery ", whole.substr(std::min(inner.size(), whole.size())));
}

}  // namespace

std::string OperatorName(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kUnary:
      return As<UnaryExpr>(expr).negative ? "-" : "+";
    case ExprKind::kBinary:
      return BinaryName(As<BinaryExpr>(expr));
    case ExprKind::kAggregate:
      return AggregateName(As<AggregateExpr>(expr));
    case ExprKind::kCall:
      return std::string(As<Call>(expr).function->name);
    case ExprKind::kParen:
      return OperatorName(*As<ParenExpr>(expr).expr);
    case ExprKind::kSubquery:
      return SubqueryName(As<SubqueryExpr>(expr));
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
    case ExprKind::kVectorSelector:
    case ExprKind::kMatrixSelector:
      break;
  }
  return PrintExpression(expr);
}

}  // namespace varve::query
