// The syntax tree as JSON: what parse_query answers, for tools that show or edit queries.
//
// Threads:  functions without state.
// Errors:   none.
// Format:   an object per node, named by its "type": aggregation, binaryExpr, call, matrixSelector,
//           numberLiteral, parenExpr, stringLiteral, subquery, unaryExpr or vectorSelector; times
//           in milliseconds; members ordered by name. "anchored", "smoothed" and "fillValues"
//           appear only where an expression has them, which Prometheus 3.5 does not know. A
//           duration written as an expression that was not resolved is 0.
// Source:   Prometheus, HTTP API, "Parsing a PromQL expressions into a abstract syntax tree (AST)".
#ifndef QUERY_PROMQL_AST_JSON_H_
#define QUERY_PROMQL_AST_JSON_H_

#include <string>

#include "query/promql/ast.h"

namespace varve::query {

std::string ExpressionJson(const Expr& expr);

}  // namespace varve::query

#endif  // QUERY_PROMQL_AST_JSON_H_
