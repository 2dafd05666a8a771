// Matcher: one condition on a label, `=`, `!=`, `=~` or `!~`, with Prometheus's semantics: regular
// expressions are RE2, fully anchored, and `.` matches a newline; an absent label has the value "".
//
// Threads:  immutable; any number of threads may use one.
// Owns:     its strings; the compiled expression is shared between copies.
// Errors:   Create: INVALID_ARGUMENT for an expression RE2 does not take (text of RE2).
#ifndef STORAGE_MODEL_MATCHER_H_
#define STORAGE_MODEL_MATCHER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace varve::storage {

enum class MatchType { kEqual, kNotEqual, kRegex, kNotRegex };

// The operator as it is written: "=", "!=", "=~" or "!~".
std::string_view MatchTypeText(MatchType type);

class Matcher {
 public:
  static absl::StatusOr<Matcher> Create(MatchType type, std::string_view name,
                                        std::string_view value);
  // The two that cannot fail.
  static Matcher Equal(std::string_view name, std::string_view value);
  static Matcher NotEqual(std::string_view name, std::string_view value);

  MatchType type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  bool is_negative() const {
    return type_ == MatchType::kNotEqual || type_ == MatchType::kNotRegex;
  }

  bool Matches(std::string_view value) const;
  // Whether a series without the label matches.
  bool MatchesEmpty() const { return matches_empty_; }

  // What an index can use before it runs the expression over every value. All speak of the positive
  // form: for `!~` they describe the values that are excluded.
  //
  // The finite set of values the expression accepts, where it has one: `a|b|c`, or a plain literal.
  const std::vector<std::string>& literals() const { return literals_; }
  // A prefix that every accepted value has; may be empty.
  const std::string& prefix() const { return prefix_; }

  // `name="value"` with Go-style quoting.
  std::string ToString() const;

  friend bool operator==(const Matcher& a, const Matcher& b) {
    return a.type_ == b.type_ && a.name_ == b.name_ && a.value_ == b.value_;
  }

 private:
  Matcher() = default;
  bool MatchesPositive(std::string_view value) const;

  MatchType type_ = MatchType::kEqual;
  std::string name_;
  std::string value_;
  bool matches_empty_ = false;
  bool matches_all_ = false;        // `.*`
  bool matches_non_empty_ = false;  // `.+`
  std::vector<std::string> literals_;
  std::string prefix_;
  std::shared_ptr<const re2::RE2> regex_;
};

// Whether `labels` pass all of `matchers`; `labels` is anything with Get(name).
template <typename Labels>
bool MatchesAll(const std::vector<Matcher>& matchers, const Labels& labels) {
  for (const Matcher& matcher : matchers) {
    if (!matcher.Matches(labels.Get(matcher.name()))) return false;
  }
  return true;
}

}  // namespace varve::storage

#endif  // STORAGE_MODEL_MATCHER_H_
