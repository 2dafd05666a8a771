// Lex: the tokens of a LogQL query.
//
// Threads:  function without state.
// Errors:   INVALID_ARGUMENT, "parse error at line L, col C: ...".
#ifndef QUERY_LOGQL_LEXER_H_
#define QUERY_LOGQL_LEXER_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/token.h"

namespace varve::query {

// The last token is kEnd.
absl::StatusOr<std::vector<LogqlToken>> Lex(std::string_view text);

// "parse error at line L, col C: what" as an INVALID_ARGUMENT.
absl::Status ParseErrorAt(int line, int column, std::string_view what);
// "parse error : what": an error of the query as a whole.
absl::Status ParseError(std::string_view what);

}  // namespace varve::query

#endif  // QUERY_LOGQL_LEXER_H_
