#include "query/template/number_literal.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "query/engine/number_format.h"
#include "query/template/rune.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whether underscores stand only between digits, or behind a prefix.
bool UnderscoresAreRight(std::string_view text) {
  char before = '^';
  size_t i = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) ++i;
  bool hexadecimal = false;
  if (text.size() >= i + 2 && text[i] == '0' &&
      std::string_view("xXoObB").find(text[i + 1]) != std::string_view::npos) {
    hexadecimal = (text[i + 1] | 0x20) == 'x';
    i += 2;
    before = '0';
  }
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (IsDigit(c) || (hexadecimal && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')) {
      before = '0';
    } else if (c == '_') {
      if (before != '0') return false;
      before = '_';
    } else {
      if (before == '_') return false;
      before = '!';
    }
  }
  return before != '_';
}

std::string WithoutUnderscores(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '_') out.push_back(c);
  }
  return out;
}

// The magnitude of an integer literal without its sign.
bool ParseMagnitude(std::string_view text, uint64_t* value) {
  int radix = 10;
  std::string digits(text);
  if (text.size() > 1 && text[0] == '0') {
    const char prefix = static_cast<char>(text[1] | 0x20);
    radix = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
    digits = std::string(text.substr(prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1));
    if (radix == 8 && prefix != 'o' && digits[0] == '_') digits.erase(0, 1);
  }
  if (text.find('_') != text.npos) {
    if (!UnderscoresAreRight(text)) return false;
    digits = WithoutUnderscores(digits);
  }
  if (digits.empty()) return false;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, *value, radix);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// Whether converting to the integer type and back keeps the value, without leaving its range.
bool IsExactInt(double value) {
  return value >= -0x1p63 && value < 0x1p63 && std::trunc(value) == value;
}
bool IsExactUint(double value) {
  return value >= 0 && value < 0x1p64 && std::trunc(value) == value;
}

void SetComplex(double real, double imaginary, TemplateNumber* number) {
  number->is_complex = true;
  number->real = real;
  number->imaginary = imaginary;
  if (imaginary != 0) return;
  number->is_float = true;
  number->float_value = real;
  number->is_int = IsExactInt(real);
  if (number->is_int) number->int_value = static_cast<int64_t>(real);
  number->is_uint = IsExactUint(real);
  if (number->is_uint) number->uint_value = static_cast<uint64_t>(real);
}

bool ParseComplex(std::string_view text, TemplateNumber* number) {
  // The sign of the imaginary part: not the first byte, and not that of an exponent.
  size_t sign = text.size() - 1;
  while (sign > 0 && !((text[sign] == '+' || text[sign] == '-') && (text[sign - 1] | 0x20) != 'e' &&
                       (text[sign - 1] | 0x20) != 'p')) {
    --sign;
  }
  double real = 0;
  double imaginary = 0;
  if (sign == 0 || !ParseGoFloat(text.substr(0, sign), &real) ||
      !ParseGoFloat(text.substr(sign, text.size() - sign - 1), &imaginary)) {
    return false;
  }
  SetComplex(real, imaginary, number);
  return true;
}

}  // namespace

bool ParseGoFloat(std::string_view text, double* value) {
  if (text.find('_') == text.npos) return ParseFloat(text, value);
  return UnderscoresAreRight(text) && ParseFloat(WithoutUnderscores(text), value);
}

bool ParsePrefixedInt(std::string_view text, int64_t* value) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  uint64_t magnitude = 0;
  if (text.empty() || !ParseMagnitude(text, &magnitude)) return false;
  constexpr uint64_t kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (magnitude > kMax + (negative ? 1 : 0)) return false;
  *value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

bool ParseTemplateNumber(std::string_view text, TemplateTokenType type, TemplateNumber* number,
                         std::string* error) {
  if (type == TemplateTokenType::kRune) {
    uint32_t rune = 0;
    if (!UnquoteRuneLiteral(text, &rune)) {
      *error = text.size() > 2 ? StrCat("malformed character constant: ", text) : "invalid syntax";
      return false;
    }
    number->is_int = number->is_uint = number->is_float = true;
    number->int_value = rune;
    number->uint_value = rune;
    number->float_value = rune;
    return true;
  }
  const auto illegal = [&] {
    *error = StrCat("illegal number syntax: ", QuotedText(text, false));
    return false;
  };
  if (type == TemplateTokenType::kComplex) return ParseComplex(text, number) || illegal();
  if (double imaginary = 0;
      text.ends_with('i') && ParseGoFloat(text.substr(0, text.size() - 1), &imaginary)) {
    SetComplex(0, imaginary, number);
    return true;
  }
  const bool is_signed = text.starts_with('-') || text.starts_with('+');
  number->is_uint = !is_signed && ParseMagnitude(text, &number->uint_value);
  number->is_int = ParsePrefixedInt(text, &number->int_value);
  if (number->is_int && number->int_value == 0) number->is_uint = true;
  if (number->is_int || number->is_uint) {
    number->is_float = true;
    number->float_value = number->is_int ? static_cast<double>(number->int_value)
                                         : static_cast<double>(number->uint_value);
    return true;
  }
  if (!ParseGoFloat(text, &number->float_value)) return illegal();
  if (text.find_first_of(".eEpP") == text.npos) {
    *error = StrCat("integer overflow: ", QuotedText(text, false));
    return false;
  }
  number->is_float = true;
  number->is_int = IsExactInt(number->float_value);
  if (number->is_int) number->int_value = static_cast<int64_t>(number->float_value);
  number->is_uint = IsExactUint(number->float_value);
  if (number->is_uint) number->uint_value = static_cast<uint64_t>(number->float_value);
  return true;
}

}  // namespace varve::query
