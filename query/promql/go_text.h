// Go's ways with text that PromQL's syntax and messages inherit: runes, quoted characters, string
// literals and number literals.
//
// Threads:  functions without state.
// Errors:   false for a literal that Go's strconv refuses.
#ifndef QUERY_PROMQL_GO_TEXT_H_
#define QUERY_PROMQL_GO_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve::query {

inline constexpr int kRuneError = 0xFFFD;

struct Rune {
  uint32_t value = 0;
  size_t bytes = 0;
};

// The first character of a text that is not empty; U+FFFD and one byte where it is not UTF-8.
Rune DecodeRune(std::string_view text);
bool IsValidUtf8(std::string_view text);
void AppendUtf8(uint32_t rune, std::string* out);

// `'x'`, as %q prints a rune; a negative one is printed as U+FFFD.
std::string QuoteRune(int rune);
// `U+0041 'A'`, as %#U prints.
std::string DescribeRune(int rune);
// Of a hexadecimal digit; -1 for any other character.
int DigitValue(int rune);

// The value of a literal in double, single or back quotes, whose escapes the lexer has checked.
std::string Unquote(std::string_view literal);

// A number as PromQL takes it: Go's integer literals (also octal `0755` and `0x1f`), else its
// floating-point literals; `_` between digits. On failure `*reason` is the message of strconv.
bool ParseNumber(std::string_view literal, double* value, std::string* reason);

}  // namespace varve::query

#endif  // QUERY_PROMQL_GO_TEXT_H_
