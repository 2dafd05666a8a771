#include "query/promql/log_selector_scan.h"

namespace varve::query {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Behind the string that begins at `at`; npos where it does not end.
size_t SkipString(std::string_view text, size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\' && quote != '`') {
      ++at;
    } else if (text[at] == quote) {
      return at + 1;
    }
  }
  return text.npos;
}

bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }

// Behind the next of `ends` at this level of parentheses, strings skipped; npos where there is
// none.
size_t SkipTo(std::string_view text, size_t at, char end) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (IsQuote(c)) {
      at = SkipString(text, at);
      if (at == text.npos) return at;
      continue;
    }
    if (c == '#') {
      at = text.find('\n', at);
      if (at == text.npos) return at;
      continue;
    }
    if (depth == 0 && c == end) return at + 1;
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return text.npos;
    ++at;
  }
  return text.npos;
}

// Whether a stage begins here: `|`, or a line filter that begins with `!`. `!=` and `!~` are
// operators of PromQL too, but not in front of a string.
bool StartsStage(std::string_view rest) {
  if (rest.starts_with('|') || rest.starts_with("!>")) return true;
  if (!rest.starts_with("!=") && !rest.starts_with("!~")) return false;
  rest.remove_prefix(2);
  const size_t next = rest.find_first_not_of(kBlanks);
  if (next == rest.npos) return false;
  return IsQuote(rest[next]) || rest.substr(next).starts_with("ip(");
}

}  // namespace

size_t FindLogQuery(std::string_view text, size_t begin, bool needs_stage) {
  const size_t selector_end = SkipTo(text, begin + 1, '}');
  if (selector_end == text.npos) return 0;
  const size_t next = text.find_first_not_of(kBlanks, selector_end);
  if (next == text.npos) return 0;
  if (text[next] == '[' && !needs_stage) return next;
  if (!StartsStage(text.substr(next))) return 0;
  const size_t range = SkipTo(text, next, '[');
  if (range == text.npos) return 0;
  return range - 1;
}

}  // namespace varve::query
