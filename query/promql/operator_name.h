// OperatorName: one node of a syntax tree in a few words, for a plan that shows the nodes below it
// by themselves: `sum by (job)`, `rate`, `+`, `up{job="x"}[5m]`.
//
// Threads:  a function without state.
#ifndef QUERY_PROMQL_OPERATOR_NAME_H_
#define QUERY_PROMQL_OPERATOR_NAME_H_

#include <string>

#include "query/promql/ast.h"

namespace varve::query {

std::string OperatorName(const Expr& expr);

}  // namespace varve::query

#endif  // QUERY_PROMQL_OPERATOR_NAME_H_
