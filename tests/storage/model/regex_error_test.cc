#include "storage/model/regex_error.h"

#include <doctest/doctest.h>
#include <re2/re2.h>

#include <string>

namespace varve::storage {
namespace {

std::string ErrorOf(const std::string& expression) {
  const re2::RE2 regex(expression, re2::RE2::Quiet);
  REQUIRE_MESSAGE(!regex.ok(), expression);
  return RegexErrorText(regex);
}

TEST_SUITE("storage/model/regex_error") {
  TEST_CASE("an expression that is none is refused in Go's words") {
    CHECK(ErrorOf("+.*") == "missing argument to repetition operator: `+`");
    CHECK(ErrorOf("a**") == "invalid nested repetition operator: `**`");
    CHECK(ErrorOf("a{1,2000}") == "invalid repeat count: `{1,2000}`");
    CHECK(ErrorOf("(a") == "missing closing ): `(a`");
    CHECK(ErrorOf("a)") == "unexpected ): `a)`");
    CHECK(ErrorOf("[a") == "missing closing ]: `[a`");
    CHECK(ErrorOf("[z-a]") == "invalid character class range: `z-a`");
    CHECK(ErrorOf("\\q") == "invalid escape sequence: `\\q`");
    CHECK(ErrorOf("a\\") == "trailing backslash at end of expression: ``");
    CHECK(ErrorOf("(?=a)") == "invalid or unsupported Perl syntax: `(?=`");
  }
}

}  // namespace
}  // namespace varve::storage
