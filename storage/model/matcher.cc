#include "storage/model/matcher.h"

#include <algorithm>

#include "re2/re2.h"
#include "storage/model/regex_error.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

constexpr size_t kRegexMemoryBytesMax = 8 << 20;
constexpr size_t kLiteralsMax = 4096;  // above this, one pass of the expression is cheaper

bool IsMeta(char c) {
  return std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos;
}

// Splits `a|b|c` into its literals where every branch is one (an escaped meta character counts as
// itself). Empty when the expression is anything else.
std::vector<std::string> SplitLiterals(std::string_view expression) {
  // One pair of parentheses around the whole is common: (a|b) or (?:a|b).
  if (expression.size() >= 2 && expression.front() == '(' && expression.back() == ')') {
    std::string_view inner = expression.substr(1, expression.size() - 2);
    if (inner.substr(0, 2) == "?:") inner.remove_prefix(2);
    if (inner.find_first_of("()\\") == std::string_view::npos) expression = inner;
  }
  std::vector<std::string> literals(1);
  for (size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '|') {
      literals.emplace_back();
    } else if (c == '\\' && i + 1 < expression.size() && IsMeta(expression[i + 1])) {
      literals.back().push_back(expression[++i]);
    } else if (IsMeta(c)) {
      return {};
    } else {
      literals.back().push_back(c);
    }
  }
  if (literals.size() > kLiteralsMax) return {};
  std::sort(literals.begin(), literals.end());
  literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  return literals;
}

// The literal text every match begins with. A character before `*`, `?` or `{` is optional, and a
// `|` anywhere outside parentheses makes every prefix optional.
std::string LiteralPrefix(std::string_view expression) {
  std::string prefix;
  size_t i = 0;
  for (; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size() && IsMeta(expression[i + 1])) {
      prefix.push_back(expression[++i]);
    } else if (IsMeta(c)) {
      break;
    } else {
      prefix.push_back(c);
    }
  }
  if (i < expression.size() &&
      std::string_view("*?{").find(expression[i]) != std::string_view::npos && !prefix.empty()) {
    // A multi-byte character is optional as a whole.
    while (!prefix.empty() && (static_cast<unsigned char>(prefix.back()) & 0xC0) == 0x80) {
      prefix.pop_back();
    }
    if (!prefix.empty()) prefix.pop_back();
  }
  if (expression.find('|', i) != std::string_view::npos) prefix.clear();
  return prefix;
}

}  // namespace

std::string_view MatchTypeText(MatchType type) {
  switch (type) {
    case MatchType::kEqual:
      return "=";
    case MatchType::kNotEqual:
      return "!=";
    case MatchType::kRegex:
      return "=~";
    case MatchType::kNotRegex:
      return "!~";
  }
  return "?";
}

absl::StatusOr<Matcher> Matcher::Create(MatchType type, std::string_view name,
                                        std::string_view value) {
  Matcher matcher;
  matcher.type_ = type;
  matcher.name_ = std::string(name);
  matcher.value_ = std::string(value);
  if (type == MatchType::kRegex || type == MatchType::kNotRegex) {
    matcher.matches_all_ = value == ".*";
    matcher.matches_non_empty_ = value == ".+";
    matcher.literals_ = SplitLiterals(value);
    if (matcher.literals_.empty()) {
      re2::RE2::Options options(re2::RE2::Quiet);
      options.set_max_mem(kRegexMemoryBytesMax);
      options.set_dot_nl(true);
      options.set_encoding(re2::RE2::Options::EncodingUTF8);
      auto regex = std::make_shared<const re2::RE2>(StrCat("^(?s:", value, ")$"), options);
      // What was written has to be an expression by itself, which "a)(b" is not, and errors quote
      // it without what was put around it.
      if (!regex->ok() || value.find(')') != std::string_view::npos) {
        const re2::RE2 written(value, options);
        if (!written.ok()) return absl::InvalidArgumentError(RegexErrorText(written));
        if (!regex->ok()) return absl::InvalidArgumentError(RegexErrorText(*regex));
      }
      matcher.regex_ = std::move(regex);
      matcher.prefix_ = LiteralPrefix(value);
    }
  }
  matcher.matches_empty_ = matcher.Matches("");
  return matcher;
}

Matcher Matcher::Equal(std::string_view name, std::string_view value) {
  return *Create(MatchType::kEqual, name, value);
}

Matcher Matcher::NotEqual(std::string_view name, std::string_view value) {
  return *Create(MatchType::kNotEqual, name, value);
}

bool Matcher::Matches(std::string_view value) const {
  return MatchesPositive(value) != is_negative();
}

bool Matcher::MatchesPositive(std::string_view value) const {
  if (type_ == MatchType::kEqual || type_ == MatchType::kNotEqual) return value == value_;
  if (!literals_.empty()) return std::binary_search(literals_.begin(), literals_.end(), value);
  if (matches_all_) return true;
  if (matches_non_empty_) return !value.empty();
  if (value.substr(0, prefix_.size()) != prefix_) return false;
  return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
}

std::string Matcher::ToString() const { return StrCat(name_, MatchTypeText(type_), Quote(value_)); }

}  // namespace varve::storage
