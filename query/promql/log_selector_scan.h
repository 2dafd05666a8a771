// FindLogQuery: where a log query ends inside a PromQL expression.
//
// The text is only scanned here, as far as its strings and parentheses go; LogQL parses it.
//
// Threads:  function without state.
#ifndef QUERY_PROMQL_LOG_SELECTOR_SCAN_H_
#define QUERY_PROMQL_LOG_SELECTOR_SCAN_H_

#include <cstddef>
#include <string_view>

namespace varve::query {

// REQUIRES: text[begin] is a `{`.
// The end of the selector that begins there and of the stages behind it: the offset of the `[` of
// the range, without the blanks before it. 0 where it is no log query: no stage follows and
// `needs_stage`, or the query does not end in a range.
size_t FindLogQuery(std::string_view text, size_t begin, bool needs_stage);

}  // namespace varve::query

#endif  // QUERY_PROMQL_LOG_SELECTOR_SCAN_H_
