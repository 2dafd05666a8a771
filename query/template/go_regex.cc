#include "query/template/go_regex.h"

#include <charconv>
#include <deque>
#include <memory>

#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

// Expressions that one template, or two, have by turns.
constexpr size_t kCachedRegexesMax = 16;
constexpr int64_t kRegexBytesMax = 8 << 20;

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

std::string_view GoErrorText(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

RE2::Options QuietOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytesMax);
  return options;
}

struct CachedEntry {
  std::string pattern;
  std::unique_ptr<RE2> regex;
};

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The name behind a `$` and the bytes it takes, braces included; empty where there is none.
std::string_view GroupName(std::string_view text, size_t* bytes) {
  const bool braced = text.starts_with('{');
  const size_t begin = braced ? 1 : 0;
  size_t end = begin;
  while (end < text.size() && IsNameByte(text[end])) ++end;
  if (end == begin || (braced && (end >= text.size() || text[end] != '}'))) return {};
  *bytes = end + begin;
  return text.substr(begin, end - begin);
}

int GroupNumber(std::string_view name, const RE2& regex) {
  int number = -1;
  const char* end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) return number;
  const auto found = regex.NamedCapturingGroups().find(std::string(name));
  return found == regex.NamedCapturingGroups().end() ? -1 : found->second;
}

}  // namespace

std::string RegexError(std::string_view pattern) {
  const RE2 regex(Piece(pattern), QuietOptions());
  if (regex.ok()) return "";
  return StrCat("error parsing regexp: ", GoErrorText(regex.error_code()), ": `",
                regex.error_code() == RE2::ErrorMissingParen ||
                        regex.error_code() == RE2::ErrorUnexpectedParen
                    ? pattern
                    : std::string_view(regex.error_arg()),
                "`");
}

const RE2* CachedRegex(std::string_view pattern) {
  static thread_local std::deque<CachedEntry> cache;
  for (const CachedEntry& entry : cache) {
    if (entry.pattern == pattern) return entry.regex.get();
  }
  auto regex = std::make_unique<RE2>(Piece(pattern), QuietOptions());
  if (!regex->ok()) return nullptr;
  if (cache.size() >= kCachedRegexesMax) cache.pop_front();
  cache.push_back({std::string(pattern), std::move(regex)});
  return cache.back().regex.get();
}

void AppendExpansion(std::string_view replacement, const RE2& regex,
                     const std::vector<re2::StringPiece>& groups, std::string* out) {
  while (!replacement.empty()) {
    const size_t dollar = replacement.find('$');
    out->append(replacement.substr(0, dollar));
    if (dollar == replacement.npos) return;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out->push_back('$');
      replacement.remove_prefix(1);
      continue;
    }
    size_t bytes = 0;
    const std::string_view name = GroupName(replacement, &bytes);
    if (name.empty()) {
      out->push_back('$');  // not a reference: stands for itself
      continue;
    }
    replacement.remove_prefix(bytes);
    const int number = GroupNumber(name, regex);
    if (number < 0 || static_cast<size_t>(number) >= groups.size()) continue;
    const re2::StringPiece& group = groups[static_cast<size_t>(number)];
    out->append(group.data() == nullptr ? "" : group.data(), group.size());
  }
}

std::string ReplaceAllMatches(const RE2& regex, std::string_view text, std::string_view replacement,
                              bool literal) {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  const re2::StringPiece piece = Piece(text);
  std::string out;
  size_t copied = 0;  // the end of the match before
  size_t search = 0;
  while (search <= text.size()) {
    if (!regex.Match(piece, search, text.size(), RE2::UNANCHORED, groups.data(),
                     static_cast<int>(groups.size()))) {
      break;
    }
    const auto begin = static_cast<size_t>(groups[0].data() - text.data());
    const size_t end = begin + groups[0].size();
    out.append(text.substr(copied, begin - copied));
    // An empty match right behind another match does not count.
    if (end > copied || begin == 0) {
      if (literal) {
        out.append(replacement);
      } else {
        AppendExpansion(replacement, regex, groups, &out);
      }
    }
    copied = end;
    const size_t step = search < text.size() ? FirstRune(text.substr(search)).bytes : 1;
    search = search + step > end ? search + step : end;
  }
  out.append(text.substr(std::min(copied, text.size())));
  return out;
}

int64_t CountMatches(const RE2& regex, std::string_view text) {
  const re2::StringPiece piece = Piece(text);
  re2::StringPiece match;
  int64_t count = 0;
  size_t search = 0;
  size_t before = std::string_view::npos;  // the end of the match before
  while (search <= text.size()) {
    if (!regex.Match(piece, search, text.size(), RE2::UNANCHORED, &match, 1)) break;
    const auto begin = static_cast<size_t>(match.data() - text.data());
    const size_t end = begin + match.size();
    bool counts = true;
    if (end == search) {
      counts = begin != before;
      search += search < text.size() ? FirstRune(text.substr(search)).bytes : 1;
    } else {
      search = end;
    }
    before = end;
    if (counts) ++count;
  }
  return count;
}

}  // namespace varve::query
