#include "query/template/rune.h"

#include <locale.h>
#include <re2/re2.h>
#include <wctype.h>

#include <cstdio>

namespace varve::query {
namespace {

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
uint32_t DigitValue(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint32_t>(c - '0');
  return static_cast<uint32_t>((c | 0x20) - 'a' + 10);
}

bool IsIn(const RE2& characters, uint32_t rune) {
  std::string text;
  AppendRune(rune, &text);
  return RE2::FullMatch(text, characters);
}

// Case and classes beyond ASCII, whatever the process's own locale is.
locale_t UnicodeLocale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

void AppendHex(uint32_t value, int digits, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out->push_back(kDigits[(value >> shift) & 15]);
  }
}

// One character between quotes of the kind `quote`.
void AppendEscaped(uint32_t rune, char quote, bool ascii, std::string* out) {
  if (rune == static_cast<uint32_t>(quote) || rune == '\\') {
    out->push_back('\\');
    out->push_back(static_cast<char>(rune));
    return;
  }
  if (rune < 0x80 ? rune >= ' ' && rune < 0x7f : !ascii && IsPrintableRune(rune)) {
    AppendRune(rune, out);
    return;
  }
  constexpr std::string_view kNamed = "\a\b\f\n\r\t\v";
  if (const size_t named = kNamed.find(static_cast<char>(rune));
      rune < 0x80 && named != std::string_view::npos) {
    out->push_back('\\');
    out->push_back("abfnrtv"[named]);
  } else if (rune < ' ' || rune == 0x7f) {
    out->append("\\x");
    AppendHex(rune, 2, out);
  } else if (rune < 0x10000) {
    out->append("\\u");
    AppendHex(rune, 4, out);
  } else {
    out->append("\\U");
    AppendHex(rune, 8, out);
  }
}

// One character or escape of a literal in quotes `quote`; `is_byte` for \x and octal escapes.
bool TakeLiteralRune(std::string_view* text, char quote, uint32_t* rune, bool* is_byte) {
  *is_byte = false;
  if (text->empty() || text->front() == quote || text->front() == '\n') return false;
  if (text->front() != '\\') {
    const TemplateRune first = FirstRune(*text);
    // Bytes that are not UTF-8 stay what they are.
    *is_byte = first.bytes == 1;
    *rune = first.bytes == 1 ? static_cast<unsigned char>(text->front()) : first.value;
    text->remove_prefix(first.bytes);
    return true;
  }
  if (text->size() < 2) return false;
  const char c = (*text)[1];
  constexpr std::string_view kNamed = "abfnrtv\\";
  constexpr std::string_view kMeaning = "\a\b\f\n\r\t\v\\";
  if (const size_t named = kNamed.find(c); named != std::string_view::npos) {
    *rune = static_cast<unsigned char>(kMeaning[named]);
    text->remove_prefix(2);
    return true;
  }
  if (c == quote && (c == '"' || c == '\'')) {
    *rune = static_cast<unsigned char>(c);
    text->remove_prefix(2);
    return true;
  }
  const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : c >= '0' && c <= '7' ? 3 : 0;
  if (digits == 0) return false;
  const size_t from = digits == 3 ? 1 : 2;
  if (text->size() < from + digits) return false;
  uint32_t value = 0;
  for (size_t i = from; i < from + digits; ++i) {
    const char d = (*text)[i];
    if (!IsHexDigit(d) || (digits == 3 && d > '7')) return false;
    value = value * (digits == 3 ? 8 : 16) + DigitValue(d);
  }
  if (digits <= 3) {
    if (value > 0xff) return false;
    *is_byte = true;
  } else if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    return false;
  }
  *rune = value;
  text->remove_prefix(from + digits);
  return true;
}

}  // namespace

void AppendRune(uint32_t rune, std::string* out) {
  const auto tail = [&](unsigned shift) {
    out->push_back(static_cast<char>(0x80 | ((rune >> shift) & 0x3f)));
  };
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xc0 | (rune >> 6)));
    tail(0);
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | (rune >> 12)));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xf0 | (rune >> 18)));
    tail(12);
    tail(6);
    tail(0);
  }
}

TemplateRune FirstRune(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const TemplateRune none = {kReplacementRune, 1};
  const size_t bytes = first < 0xc2   ? 0
                       : first < 0xe0 ? 2
                       : first < 0xf0 ? 3
                       : first < 0xf5 ? 4
                                      : 0;
  if (bytes == 0 || bytes > text.size()) return none;
  uint32_t value = first & (0x7fU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return none;
    value = value << 6 | (byte(i) & 0x3fU);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[bytes] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
    return none;
  }
  return {value, bytes};
}

size_t CountRunes(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(FirstRune(text).bytes);
  return count;
}

size_t RunePrefixBytes(std::string_view text, size_t count) {
  size_t bytes = 0;
  for (; count > 0 && bytes < text.size(); --count) bytes += FirstRune(text.substr(bytes)).bytes;
  return bytes;
}

bool IsLetterOrDigit(uint32_t rune) {
  if (rune < 0x80) {
    return (rune >= '0' && rune <= '9') || (rune >= 'a' && rune <= 'z') ||
           (rune >= 'A' && rune <= 'Z');
  }
  static const RE2 kCharacters("[\\pL\\p{Nd}]");
  return IsIn(kCharacters, rune);
}

bool IsPrintableRune(uint32_t rune) {
  if (rune < 0x80) return rune >= ' ' && rune < 0x7f;
  static const RE2 kCharacters("[\\pL\\pM\\pN\\pP\\pS]");
  return IsIn(kCharacters, rune);
}

uint32_t ToLowerRune(uint32_t rune) {
  if (rune < 0x80) return rune >= 'A' && rune <= 'Z' ? rune + 32 : rune;
  if (UnicodeLocale() == nullptr) return rune;
  return static_cast<uint32_t>(towlower_l(static_cast<wint_t>(rune), UnicodeLocale()));
}

uint32_t ToUpperRune(uint32_t rune) {
  if (rune < 0x80) return rune >= 'a' && rune <= 'z' ? rune - 32 : rune;
  if (UnicodeLocale() == nullptr) return rune;
  return static_cast<uint32_t>(towupper_l(static_cast<wint_t>(rune), UnicodeLocale()));
}

void AppendLower(std::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out->push_back(static_cast<char>(ToLowerRune(static_cast<unsigned char>(text[at++]))));
      continue;
    }
    const TemplateRune rune = FirstRune(text.substr(at));
    AppendRune(ToLowerRune(rune.value), out);
    at += rune.bytes;
  }
}

void AppendUpper(std::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out->push_back(static_cast<char>(ToUpperRune(static_cast<unsigned char>(text[at++]))));
      continue;
    }
    const TemplateRune rune = FirstRune(text.substr(at));
    AppendRune(ToUpperRune(rune.value), out);
    at += rune.bytes;
  }
}

std::string DescribedRune(uint32_t rune) {
  char code[16];
  std::snprintf(code, sizeof(code), "U+%04X", rune);
  std::string out = code;
  if (IsPrintableRune(rune)) {
    out += " '";
    AppendRune(rune, &out);
    out += "'";
  }
  return out;
}

std::string QuotedRune(uint32_t rune, bool ascii) {
  if (rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000)) rune = kReplacementRune;
  std::string out = "'";
  AppendEscaped(rune, '\'', ascii, &out);
  out.push_back('\'');
  return out;
}

std::string QuotedText(std::string_view text, bool ascii) {
  std::string out = "\"";
  while (!text.empty()) {
    const TemplateRune rune = FirstRune(text);
    if (rune.bytes == 1 && rune.value == kReplacementRune) {
      out.append("\\x");
      AppendHex(static_cast<unsigned char>(text.front()), 2, &out);
    } else {
      AppendEscaped(rune.value, '"', ascii, &out);
    }
    text.remove_prefix(rune.bytes);
  }
  out.push_back('"');
  return out;
}

bool UnquoteLiteral(std::string_view literal, std::string* text) {
  text->clear();
  if (literal.size() < 2 || literal.front() != literal.back()) return false;
  const char quote = literal.front();
  std::string_view inner = literal.substr(1, literal.size() - 2);
  if (quote == '`') {
    for (const char c : inner) {
      if (c != '\r') text->push_back(c);
    }
    return true;
  }
  while (!inner.empty()) {
    uint32_t rune = 0;
    bool is_byte = false;
    if (!TakeLiteralRune(&inner, quote, &rune, &is_byte)) return false;
    if (is_byte || rune < 0x80) {
      text->push_back(static_cast<char>(rune));
    } else {
      AppendRune(rune, text);
    }
  }
  return true;
}

bool UnquoteRuneLiteral(std::string_view literal, uint32_t* rune) {
  if (literal.size() < 3) return false;
  std::string_view inner = literal.substr(1);
  bool is_byte = false;
  if (!TakeLiteralRune(&inner, '\'', rune, &is_byte)) return false;
  if (is_byte && literal[1] != '\\' && *rune >= 0x80) *rune = kReplacementRune;
  return inner == "'";
}

}  // namespace varve::query
