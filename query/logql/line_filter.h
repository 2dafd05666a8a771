// LineFilter: `|= "a" or "b"`, compiled.
//
// Threads:  immutable.
// Errors:   Create: INVALID_ARGUMENT, "parse error : stage '...' : ...".
#ifndef QUERY_LOGQL_LINE_FILTER_H_
#define QUERY_LOGQL_LINE_FILTER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/ast.h"
#include "query/logql/ip_matcher.h"
#include "query/logql/line_pattern.h"
#include "query/logql/regex.h"

namespace varve::query {

class LineFilter {
 public:
  static absl::StatusOr<LineFilter> Create(const LineFilterExpr& expr);

  bool Keeps(std::string_view line) const;
  // What every line that passes contains; empty where nothing is known.
  std::string RequiredText() const;

 private:
  struct Term {
    std::string text;  // of |= and !=
    std::optional<IpMatcher> ip;
    std::optional<LineRegex> regex;
    std::optional<LinePattern> pattern;
  };
  static bool Matches(const Term& term, std::string_view line);

  bool negative_ = false;
  std::vector<Term> terms_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_LINE_FILTER_H_
