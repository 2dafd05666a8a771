// The parser of PromQL: text to a checked syntax tree.
//
// All of the language is on: duration expressions, anchored and smoothed, fill modifiers,
// experimental functions and aggregations.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT with Prometheus's text, "1:5: parse error: unexpected ..."; an
//           expression nested deeper than the limits say is refused the same way.
#ifndef QUERY_PROMQL_PARSER_H_
#define QUERY_PROMQL_PARSER_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/promql/ast.h"

namespace varve::query {

struct ParseLimits {
  uint32_t depth_max = 128;    // nesting of parentheses, calls and subqueries
  uint32_t height_max = 1024;  // of the tree: also counts a chain `a or b or c ...`
  uint64_t query_bytes_max = 1 << 20;
  // On the Loki API a selector without a name reads logs: `{app="x"} |= "error" [5m]`.
  bool bare_selectors_are_logs = false;
};

absl::StatusOr<ExprPtr> ParseExpression(std::string_view text, const ParseLimits& limits = {});

// A series selector, as match[] takes it: `up`, `{job=~"a.*"}`; no offset and no `@`.
absl::StatusOr<std::vector<storage::Matcher>> ParseSelector(std::string_view text);

}  // namespace varve::query

#endif  // QUERY_PROMQL_PARSER_H_
