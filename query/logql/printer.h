// PrintLogql: a query in Loki's spelling, on one line; what format_query answers.
//
// Threads:  functions without state.
#ifndef QUERY_LOGQL_PRINTER_H_
#define QUERY_LOGQL_PRINTER_H_

#include <string>

#include "query/logql/ast.h"

namespace varve::query {

// Parses to the same tree again.
std::string PrintLogql(const LogqlExpr& expr);
// One stage alone, as errors name it: `| line_format "{{.a}}"`.
std::string PrintStage(const StageExpr& stage);

}  // namespace varve::query

#endif  // QUERY_LOGQL_PRINTER_H_
