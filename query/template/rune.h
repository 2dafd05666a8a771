// Runes: the characters of a text as Go sees them.
//
// Threads:  functions without state.
#ifndef QUERY_TEMPLATE_RUNE_H_
#define QUERY_TEMPLATE_RUNE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve::query {

struct TemplateRune {
  uint32_t value = 0;
  size_t bytes = 0;
};
inline constexpr uint32_t kReplacementRune = 0xfffd;

void AppendRune(uint32_t rune, std::string* out);
// The first character of a text that is not empty; U+FFFD and one byte where it is not UTF-8.
TemplateRune FirstRune(std::string_view text);
size_t CountRunes(std::string_view text);
// How many bytes the first `count` characters take, at most all.
size_t RunePrefixBytes(std::string_view text, size_t count);

bool IsLetterOrDigit(uint32_t rune);
bool IsPrintableRune(uint32_t rune);
uint32_t ToLowerRune(uint32_t rune);
uint32_t ToUpperRune(uint32_t rune);

// strings.ToLower and strings.ToUpper.
void AppendLower(std::string_view text, std::string* out);
void AppendUpper(std::string_view text, std::string* out);

// `U+2603 '☃'`, as %#U prints.
std::string DescribedRune(uint32_t rune);
// `'☃'`, as %q prints a rune; `ascii` escapes what is not ASCII.
std::string QuotedRune(uint32_t rune, bool ascii);
// strconv.Quote and strconv.QuoteToASCII.
std::string QuotedText(std::string_view text, bool ascii);

// The text that a Go string literal with its quotes stands for; false where it is none.
bool UnquoteLiteral(std::string_view literal, std::string* text);
// The value of `'x'`; false where it is no character constant.
bool UnquoteRuneLiteral(std::string_view literal, uint32_t* rune);

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_RUNE_H_
