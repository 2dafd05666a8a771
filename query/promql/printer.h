// Expressions as text: on one line, as messages and tests show them, and laid out over lines.
//
// Threads:  functions without state.
// Errors:   none; what is printed parses to the same tree.
#ifndef QUERY_PROMQL_PRINTER_H_
#define QUERY_PROMQL_PRINTER_H_

#include <string>

#include "query/promql/ast.h"

namespace varve::query {

// The canonical text: `sum by (job) (rate(up{a="b"}[5m] offset 1m))`.
std::string PrintExpression(const Expr& expr);
std::string PrintDuration(const DurationExpr& expr);

// Broken over indented lines wherever a part is longer than 100 characters; what format_query
// answers.
std::string PrettyExpression(const Expr& expr);

}  // namespace varve::query

#endif  // QUERY_PROMQL_PRINTER_H_
