// SelectorsOf: the series selectors of an expression, wherever in it they stand.
//
// Threads:  functions without state.
#ifndef QUERY_PROMQL_SELECTOR_LIST_H_
#define QUERY_PROMQL_SELECTOR_LIST_H_

#include <vector>

#include "query/promql/ast.h"
#include "storage/model/matcher.h"

namespace varve::query {

// In the order in which they are written, repeated ones too.
std::vector<std::vector<storage::Matcher>> SelectorsOf(const Expr& expr);

}  // namespace varve::query

#endif  // QUERY_PROMQL_SELECTOR_LIST_H_
