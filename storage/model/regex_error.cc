#include "storage/model/regex_error.h"

#include <string_view>

#include "re2/re2.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

std::string_view Kind(re2::RE2::ErrorCode code, std::string_view argument) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return argument.starts_with("(?P<") ? "invalid named capture" : "invalid capture";
    default:
      return {};
  }
}

}  // namespace

std::string RegexErrorText(const re2::RE2& regex) {
  const std::string_view kind = Kind(regex.error_code(), regex.error_arg());
  if (kind.empty()) return regex.error();
  return StrCat(kind, ": `", regex.error_arg(), "`");
}

}  // namespace varve::storage
