// The static check of an expression: types of operands and arguments, vector matching, selectors.
//
// It also fills in what only the types decide: BinaryExpr::has_matching, the many-to-many matching
// of set operators, and VectorSelector::bypass_empty_matcher_check.
//
// Threads:  functions without state; the tree must not be used elsewhere meanwhile.
// Errors:   INVALID_ARGUMENT with Prometheus's text, "1:5: parse error: expected type ...".
#ifndef QUERY_PROMQL_TYPE_CHECK_H_
#define QUERY_PROMQL_TYPE_CHECK_H_

#include <string_view>

#include "absl/status/status.h"
#include "query/promql/ast.h"

namespace varve::query {

// `text` is the query, for the positions in messages.
absl::Status CheckTypes(std::string_view text, Expr* expr);

}  // namespace varve::query

#endif  // QUERY_PROMQL_TYPE_CHECK_H_
