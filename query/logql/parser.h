// ParseLogql: the syntax tree of a LogQL query.
//
// Source:   Loki's documentation, "LogQL: Log query language".
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT in Loki's words: "parse error at line 1, col 5: syntax error:
//           unexpected ...".
#ifndef QUERY_LOGQL_PARSER_H_
#define QUERY_LOGQL_PARSER_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/ast.h"

namespace varve::query {

// How deep expressions may nest; a parser that recurses must stop before the stack does.
inline constexpr int kLogqlDepthMax = 128;
// Binary operators of one expression: a chain of them makes a tree as high as it is long.
inline constexpr int kLogqlOperatorsMax = 1000;

absl::StatusOr<LogqlExpr> ParseLogql(std::string_view text);

// `{app="x"}` alone, as the parameters match[] and query of the metadata requests have it. Unlike a
// query it may match everything.
absl::StatusOr<std::vector<storage::Matcher>> ParseLogSelector(std::string_view text);

}  // namespace varve::query

#endif  // QUERY_LOGQL_PARSER_H_
