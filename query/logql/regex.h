// LineRegex: a regular expression of log lines, RE2 and not anchored, with the literal that makes
// most lines cheap.
//
// Threads:  immutable; any number of threads may use one.
// Owns:     the compiled expression, shared between copies.
// Errors:   INVALID_ARGUMENT with the text Go's regexp package gives.
#ifndef QUERY_LOGQL_REGEX_H_
#define QUERY_LOGQL_REGEX_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace varve::query {

// The longest text that every match of `pattern` contains, as far as a simple reading shows; may be
// empty.
std::string RequiredLiteral(std::string_view pattern);

class LineRegex {
 public:
  static absl::StatusOr<LineRegex> Create(std::string_view pattern);

  // Whether the expression matches somewhere in `line`; `.` matches a newline.
  bool Matches(std::string_view line) const;
  // Every matching line contains it; may be empty.
  const std::string& literal() const { return literal_; }

 private:
  LineRegex() = default;
  bool MatchesFolded(std::string_view line) const;

  std::string literal_;
  bool literal_only_ = false;  // the expression is the literal
  // `(?i)word` is searched without the expression: the word in both cases.
  std::string folded_lower_;
  std::string folded_first_;  // its first byte in lower and upper case
  bool folds_beyond_ascii_ = false;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_REGEX_H_
