#include "query/promql/go_text.h"

#include <re2/re2.h>

#include <array>
#include <cstdio>
#include <limits>

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Go's integer literals without sign: decimal, 0x, 0o or plain 0 for octal, 0b.
bool ParseInteger(std::string_view digits, double* value) {
  uint64_t radix = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    radix = 8;
    size_t prefix = 1;
    switch (digits[1]) {
      case 'x':
      case 'X':
        radix = 16;
        prefix = 2;
        break;
      case 'b':
      case 'B':
        radix = 2;
        prefix = 2;
        break;
      case 'o':
      case 'O':
        prefix = 2;
        break;
      default:
        break;
    }
    digits.remove_prefix(prefix);
  }
  if (digits.empty()) return false;
  uint64_t total = 0;
  constexpr uint64_t kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  for (const char c : digits) {
    const int digit = DigitValue(c);
    if (digit < 0 || static_cast<uint64_t>(digit) >= radix) return false;
    if (total > (kMax - static_cast<uint64_t>(digit)) / radix) return false;
    total = total * radix + static_cast<uint64_t>(digit);
  }
  *value = static_cast<double>(static_cast<int64_t>(total));
  return true;
}

// `_` must stand between digits, or between the prefix and a digit.
bool UnderscoresFit(std::string_view literal) {
  bool after_digit = false;
  size_t i = 0;
  if (literal.size() > 1 && literal[0] == '0' && (literal[1] == 'x' || literal[1] == 'X')) {
    i = 2;
    after_digit = true;
  }
  for (; i < literal.size(); ++i) {
    if (literal[i] != '_') {
      after_digit = DigitValue(literal[i]) >= 0;
      continue;
    }
    if (!after_digit || i + 1 >= literal.size() || DigitValue(literal[i + 1]) < 0) return false;
  }
  return true;
}

}  // namespace

Rune DecodeRune(std::string_view text) {
  constexpr Rune kInvalid{kRuneError, 1};
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(text[i])); };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return kInvalid;
  uint32_t value = first & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[i])) return kInvalid;
    value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kLeast[bytes] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
    return kInvalid;
  }
  return {value, bytes};
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (rune.value == kRuneError && rune.bytes == 1) return false;
    text.remove_prefix(rune.bytes);
  }
  return true;
}

void AppendUtf8(uint32_t rune, std::string* out) {
  const auto tail = [&](uint32_t shift) {
    out->push_back(static_cast<char>(0x80 | ((rune >> shift) & 0x3F)));
  };
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xC0 | rune >> 6));
    tail(0);
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | rune >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | rune >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

std::string QuoteRune(int rune) {
  if (rune == '\'') return R"('\'')";
  if (rune == '"') return R"('"')";
  std::string character;
  AppendUtf8(rune < 0 ? static_cast<uint32_t>(kRuneError) : static_cast<uint32_t>(rune),
             &character);
  const std::string quoted = storage::Quote(character);
  return StrCat("'", std::string_view(quoted).substr(1, quoted.size() - 2), "'");
}

std::string DescribeRune(int rune) {
  std::array<char, 16> code;
  std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(rune));
  std::string text(code.data());
  const bool printable = rune >= 0x20 && rune != 0x7F && !(rune >= 0x80 && rune < 0xA0);
  if (!printable) return text;
  text += " '";
  AppendUtf8(static_cast<uint32_t>(rune), &text);
  text += "'";
  return text;
}

int DigitValue(int rune) {
  if (rune >= '0' && rune <= '9') return rune - '0';
  if (rune >= 'a' && rune <= 'f') return rune - 'a' + 10;
  if (rune >= 'A' && rune <= 'F') return rune - 'A' + 10;
  return -1;
}

std::string Unquote(std::string_view literal) {
  const char quote = literal.front();
  std::string_view body = literal.substr(1, literal.size() - 2);
  if (quote == '`') return std::string(body);
  std::string value;
  value.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      value.push_back(body[i]);
      continue;
    }
    const char escape = body[++i];
    constexpr std::string_view kNames = "abfnrtv";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v";
    if (const size_t found = kNames.find(escape); found != std::string_view::npos) {
      value.push_back(kValues[found]);
      continue;
    }
    const bool octal = escape >= '0' && escape <= '7';
    const size_t digits = octal ? 3 : escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
    if (digits == 0) {
      value.push_back(escape);
      continue;
    }
    if (octal) --i;
    uint32_t code = 0;
    for (size_t d = 1; d <= digits; ++d) {
      code = code * (octal ? 8 : 16) + static_cast<uint32_t>(DigitValue(body[i + d]));
    }
    i += digits;
    if (digits > 3) {
      AppendUtf8(code, &value);
    } else {
      value.push_back(static_cast<char>(code));
    }
  }
  return value;
}

bool ParseNumber(std::string_view literal, double* value, std::string* reason) {
  std::string digits;
  for (const char c : literal) {
    if (c != '_') digits.push_back(c);
  }
  if (UnderscoresFit(literal)) {
    if (ParseInteger(digits, value)) return true;
    if (ParseFloat(digits, value)) return true;
  }
  // A decimal that is well formed can only fail for its size.
  static const re2::RE2 decimal("(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");
  const bool too_large =
      UnderscoresFit(literal) && re2::RE2::FullMatch(re2::StringPiece(digits), decimal);
  *reason = StrCat("strconv.ParseFloat: parsing ", storage::Quote(literal),
                   too_large ? ": value out of range" : ": invalid syntax");
  return false;
}

}  // namespace varve::query
