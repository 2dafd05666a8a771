// The literals of the Lexer: numbers, durations and strings.
#include "query/promql/go_text.h"
#include "query/promql/lexer.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

constexpr std::string_view kDecimalDigits = "0123456789";

bool IsAlphaNumeric(int rune) {
  return rune == '_' || (rune >= '0' && rune <= '9') || (rune >= 'a' && rune <= 'z') ||
         (rune >= 'A' && rune <= 'Z');
}

}  // namespace

void Lexer::AcceptDigits() {
  while (AcceptByte(kDecimalDigits)) {
  }
}

Token Lexer::NumberOrDuration() {
  if (ScanNumber()) return Emit(TokenKind::kNumber);
  if (ScanDuration()) return Emit(TokenKind::kDuration);
  return Fail(StrCat("bad number or duration syntax: ",
                     storage::Quote(text_.substr(start_, position_ - start_))));
}

// Takes what may be a number and leaves the rest to the parser: `1_000.5e3`, `0x1f`. False where a
// duration may follow, or what stands here is neither; `position_` tells how far it made sense.
//
// As in Prometheus, an `e` behind the first digit is an exponent in a hexadecimal number, too: `0x1e`
// ends in the middle of one, `0x1e-3` is one number, which the parser refuses, `0x12e-3` is 302 - 3.
bool Lexer::ScanNumber() {
  std::string_view digits = kDecimalDigits;
  if (AcceptByte("0") && AcceptByte("xX")) {
    AcceptByte("_");
    digits = "0123456789abcdefABCDEF";
  }
  const bool hexadecimal = digits.size() > kDecimalDigits.size();
  bool got_dot = false;
  bool got_exponent = false;
  AcceptByte(".");
  AcceptByte(digits);
  while (!AtEnd()) {
    if (AcceptByte(".")) {
      if (got_dot || hexadecimal || AcceptByte("_.")) return false;
      got_dot = true;
    } else if (AcceptByte("eE")) {
      if (got_exponent) return false;
      got_exponent = true;
      AcceptByte("+-");
      if (AcceptByte("._eE") || AtEnd()) return false;
    } else if (AcceptByte("_")) {
      if (AcceptByte("._eE") || AtEnd()) return false;
    } else if (AcceptByte(digits)) {
      while (AcceptByte(digits)) {
      }
    } else {
      break;
    }
  }
  return !IsAlphaNumeric(PeekRune());
}

bool Lexer::ScanDuration() {
  if (!AcceptByte("smhdwy")) return false;
  AcceptByte("s");
  while (AcceptByte(kDecimalDigits)) {
    AcceptDigits();
    if (!AcceptByte("smhdw")) return false;
    AcceptByte("s");
  }
  if (!IsAlphaNumeric(PeekRune())) return true;
  ++position_;  // for the message, which shows the character that did not fit
  return false;
}

Token Lexer::String(char quote) {
  while (true) {
    const size_t at = position_;
    const int rune = NextRune();
    if (rune == kEnd || rune == '\n') return Fail("unterminated quoted string");
    if (rune == kRuneError && position_ - at == 1) return Fail("invalid UTF-8 rune");
    if (rune == quote) return Emit(TokenKind::kString);
    std::string error;
    if (rune == '\\' && !ScanEscape(quote, &error)) return Fail(std::move(error));
  }
}

Token Lexer::RawString() {
  while (true) {
    const size_t at = position_;
    const int rune = NextRune();
    if (rune == kEnd) return Fail("unterminated raw string");
    if (rune == kRuneError && position_ - at == 1) return Fail("invalid UTF-8 rune");
    if (rune == '`') return Emit(TokenKind::kString);
  }
}

bool Lexer::ScanEscape(char quote, std::string* error) {
  int rune = NextRune();
  if (rune == quote) return true;
  int digits = 0;
  uint32_t radix = 16;
  uint32_t value_max = 0x10FFFF;
  switch (rune) {
    case 'a':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v':
    case '\\':
      return true;
    case 'x':
      digits = 2;
      value_max = 255;
      break;
    case 'u':
      digits = 4;
      break;
    case 'U':
      digits = 8;
      break;
    case kEnd:
      *error = "escape sequence not terminated";
      return false;
    default:
      if (rune < '0' || rune > '7') {
        *error = StrCat("unknown escape sequence ", DescribeRune(rune));
        return false;
      }
      digits = 3;
      radix = 8;
      value_max = 255;
      --position_;
      break;
  }
  uint64_t value = 0;
  for (int i = 0; i < digits; ++i) {
    rune = NextRune();
    const int digit = DigitValue(rune);
    if (digit < 0 || static_cast<uint32_t>(digit) >= radix) {
      *error = rune == kEnd
                   ? "escape sequence not terminated"
                   : StrCat("illegal character ", DescribeRune(rune), " in escape sequence");
      return false;
    }
    value = value * radix + static_cast<uint64_t>(digit);
  }
  if (value > value_max || (value >= 0xD800 && value < 0xE000)) {
    *error = "escape sequence is an invalid Unicode code point";
    return false;
  }
  return true;
}

}  // namespace varve::query
