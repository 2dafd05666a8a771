// The syntax tree of a PromQL expression, as the parser makes it and the evaluator reads it.
//
// A node is told apart by Expr::kind and reached with As<VectorSelector>(expr). Durations that were
// written as expressions, `[2 * step()]`, keep their tree until ResolveDurations
// (duration_expr.h) has put the milliseconds of a query in their place.
//
// Threads:  a tree that nobody changes may be read by any number of threads.
// Owns:     each node its children.
// Errors:   none; a tree returned by ParseExpression is typed and complete.
// Source:   Prometheus documentation, "Querying basics", "Operators", "Functions".
#ifndef QUERY_PROMQL_AST_H_
#define QUERY_PROMQL_AST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/engine/aggregation.h"
#include "query/engine/binary_operation.h"
#include "query/promql/duration_expr.h"
#include "query/promql/position_range.h"
#include "storage/model/matcher.h"

namespace varve::query {

struct FunctionSignature;

enum class ValueType { kNone, kScalar, kVector, kMatrix, kString };
// As the HTTP API and messages name it: "none", "scalar", "vector", "matrix", "string".
std::string_view ValueTypeText(ValueType type);
// As messages describe it: "instant vector", "range vector"; else as ValueTypeText.
std::string_view DocumentedType(ValueType type);

enum class ExprKind {
  kNumberLiteral,
  kStringLiteral,
  kVectorSelector,
  kMatrixSelector,
  kSubquery,
  kUnary,
  kBinary,
  kAggregate,
  kCall,
  kParen,
};

struct Expr {
  explicit Expr(ExprKind node_kind) : kind(node_kind) {}
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;
  virtual ~Expr() = default;

  // The type of the value; kNone for a node that the type check refuses.
  virtual ValueType type() const = 0;

  ExprKind kind;
  PositionRange position;
  uint32_t height = 1;  // of the tree below and with this node; the parser bounds it
};

using ExprPtr = std::unique_ptr<Expr>;

// The node as the struct of its kind; the caller has looked at `kind`.
template <typename Node>
const Node& As(const Expr& expr) {
  return static_cast<const Node&>(expr);
}
template <typename Node>
Node& As(Expr& expr) {
  return static_cast<Node&>(expr);
}

struct NumberLiteral final : Expr {
  NumberLiteral() : Expr(ExprKind::kNumberLiteral) {}
  ValueType type() const override { return ValueType::kScalar; }

  double value = 0;
  bool written_as_duration = false;  // `5m`, which is 300
};

struct StringLiteral final : Expr {
  StringLiteral() : Expr(ExprKind::kStringLiteral) {}
  ValueType type() const override { return ValueType::kString; }

  std::string value;
};

// `offset` and `@`, which selectors and subqueries share.
struct TimeModifiers {
  enum class At { kNone, kTimestamp, kStart, kEnd };

  bool has_offset = false;
  Duration offset;  // may be negative
  At at = At::kNone;
  int64_t at_ms = 0;  // of At::kTimestamp
};

struct VectorSelector final : Expr {
  VectorSelector() : Expr(ExprKind::kVectorSelector) {}
  ValueType type() const override { return ValueType::kVector; }

  // The name in front of the braces; empty for `{"x"}` and `{__name__="x"}`. `matchers` always
  // includes the `__name__` matcher, here as its last.
  std::string name;
  std::vector<storage::Matcher> matchers;
  TimeModifiers time;
  bool anchored = false;
  bool smoothed = false;
  // The second argument of info(): its matchers may all match the empty string.
  bool bypass_empty_matcher_check = false;
  // Of a log selector, which has a range: the log query, selector and pipeline; no matchers then.
  std::string log_query;
};

// `selector[range]`. Offset, `@`, anchored and smoothed are kept by the selector.
struct MatrixSelector final : Expr {
  MatrixSelector() : Expr(ExprKind::kMatrixSelector) {}
  ValueType type() const override { return ValueType::kMatrix; }

  std::unique_ptr<VectorSelector> selector;
  Duration range;
};

struct SubqueryExpr final : Expr {
  SubqueryExpr() : Expr(ExprKind::kSubquery) {}
  ValueType type() const override { return ValueType::kMatrix; }

  ExprPtr expr;
  Duration range;
  bool has_step = false;  // else the default evaluation interval
  Duration step;
  TimeModifiers time;
};

struct UnaryExpr final : Expr {
  UnaryExpr() : Expr(ExprKind::kUnary) {}
  ValueType type() const override { return expr ? expr->type() : ValueType::kNone; }

  bool negative = true;  // `-`, else `+`
  ExprPtr expr;
};

struct BinaryExpr final : Expr {
  BinaryExpr() : Expr(ExprKind::kBinary) {}
  ValueType type() const override {
    return left->type() == ValueType::kScalar && right->type() == ValueType::kScalar
               ? ValueType::kScalar
               : ValueType::kVector;
  }

  // operation.matching is meaningful where has_matching: both sides are vectors.
  BinaryOperation operation;
  bool has_matching = false;
  uint32_t operator_begin = 0;  // where the operator stands
  ExprPtr left;
  ExprPtr right;
};

struct AggregateExpr final : Expr {
  AggregateExpr() : Expr(ExprKind::kAggregate) {}
  ValueType type() const override { return ValueType::kVector; }

  AggregateOperator op = AggregateOperator::kSum;
  ExprPtr expr;
  ExprPtr parameter;  // of topk and its kin; nullptr where op has none
  Grouping grouping;
};

struct Call final : Expr {
  Call() : Expr(ExprKind::kCall) {}
  ValueType type() const override;

  const FunctionSignature* function = nullptr;  // a row of the table in functions_table.h
  std::vector<ExprPtr> arguments;
};

struct ParenExpr final : Expr {
  ParenExpr() : Expr(ExprKind::kParen) {}
  ValueType type() const override { return expr ? expr->type() : ValueType::kNone; }

  ExprPtr expr;
};

// The expression inside any number of parentheses.
const Expr& StripParens(const Expr& expr);

}  // namespace varve::query

#endif  // QUERY_PROMQL_AST_H_
