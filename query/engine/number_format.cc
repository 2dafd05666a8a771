#include "query/engine/number_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "query/engine/shortest_decimal.h"

namespace varve::query {
namespace {

// A finite, non-zero magnitude as its shortest digits: 0.d1d2d3... * 10^point.
struct Decimal {
  std::array<char, 20> digits;
  int count = 0;
  int point = 0;
};

constexpr double kJsonPlainMin = 1e-6;  // JSON has an exponent below

void SetFromInteger(uint64_t integer, int decimals, Decimal* decimal) {
  const auto end = std::to_chars(decimal->digits.data(),
                                 decimal->digits.data() + decimal->digits.size(), integer)
                       .ptr;
  decimal->count = static_cast<int>(end - decimal->digits.data());
  decimal->point = decimal->count - decimals;
  while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0') --decimal->count;
}

Decimal ShortestDigits(double magnitude) {
  Decimal decimal;
  if (magnitude < kShortestDecimalEnd) {
    const auto integer = static_cast<uint64_t>(magnitude);
    if (static_cast<double>(integer) == magnitude) {
      SetFromInteger(integer, 0, &decimal);
      return decimal;
    }
    if (magnitude >= kShortestDecimalMin) {
      const ShortestDecimal shortest = FindShortestDecimal(magnitude);
      SetFromInteger(shortest.digits, shortest.decimals, &decimal);
      return decimal;
    }
  }
  std::array<char, 40> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                    std::chars_format::scientific);
  const char* p = text.data();
  for (; p != result.ptr && *p != 'e'; ++p) {
    if (*p != '.') decimal.digits[decimal.count++] = *p;
  }
  int exponent = 0;
  if (p != result.ptr) {
    ++p;
    if (p != result.ptr && *p == '+') ++p;
    std::from_chars(p, result.ptr, exponent);
  }
  while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') --decimal.count;
  decimal.point = exponent + 1;
  return decimal;
}

void AppendPlain(const Decimal& decimal, std::string* out) {
  const char* digits = decimal.digits.data();
  if (decimal.point <= 0) {
    out->append("0.");
    out->append(static_cast<size_t>(-decimal.point), '0');
    out->append(digits, static_cast<size_t>(decimal.count));
  } else if (decimal.point >= decimal.count) {
    out->append(digits, static_cast<size_t>(decimal.count));
    out->append(static_cast<size_t>(decimal.point - decimal.count), '0');
  } else {
    out->append(digits, static_cast<size_t>(decimal.point));
    out->push_back('.');
    out->append(digits + decimal.point, static_cast<size_t>(decimal.count - decimal.point));
  }
}

void AppendScientific(const Decimal& decimal, std::string* out) {
  out->push_back(decimal.digits[0]);
  if (decimal.count > 1) {
    out->push_back('.');
    out->append(decimal.digits.data() + 1, static_cast<size_t>(decimal.count - 1));
  }
  int exponent = decimal.point - 1;
  out->append(exponent < 0 ? "e-" : "e+");
  exponent = std::abs(exponent);
  if (exponent < 10) out->push_back('0');
  out->append(std::to_string(exponent));
}

// NaN, the infinities and zero need no digits; the sign of all others is written here too.
bool AppendSpecial(double value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return true;
  }
  if (std::isinf(value)) {
    out->append(value < 0 ? "-Inf" : "+Inf");
    return true;
  }
  if (std::signbit(value)) out->push_back('-');
  if (value == 0) {
    out->push_back('0');
    return true;
  }
  return false;
}

void AppendInteger(uint64_t value, std::string* out) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out->append(digits.data(), static_cast<size_t>(end - digits.data()));
}

// Writes most numbers without a detour: those that are plain in every format and whose shortest
// digits are quickly found. Others are left alone: nullptr. Writes of fixed length reach beyond
// what is returned, see kJsonFloatRoom.
char* WritePlainDirectly(double value, char* out) {
  const double magnitude = std::abs(value);
  if (!(magnitude < kShortestDecimalEnd)) return nullptr;
  const auto integer = static_cast<uint64_t>(magnitude);
  const bool is_integer = static_cast<double>(integer) == magnitude;
  if (!is_integer && magnitude < kJsonPlainMin) return nullptr;
  if (std::signbit(value)) *out++ = '-';
  if (is_integer) {
    const DigitText text = MakeDigitText(integer);
    std::memcpy(out, &text.bytes, sizeof(text.bytes));
    return out + text.count;
  }
  const ShortestDecimal decimal = FindShortestDecimal(magnitude);
  // The first of seventeen digits is written by itself.
  constexpr uint64_t kTenTo16 = 10'000'000'000'000'000;
  const bool is_long = decimal.digits >= kTenTo16;
  const char first = static_cast<char>('0' + decimal.digits / kTenTo16);
  const DigitText text =
      is_long ? MakePaddedDigitText(decimal.digits % kTenTo16) : MakeDigitText(decimal.digits);
  int point = text.count + (is_long ? 1 : 0) - decimal.decimals;  // digits in front of it
  if (point <= 0) {
    std::memcpy(out, "0.000000", 8);
    out += 2 - point;
    if (is_long) *out++ = first;
    std::memcpy(out, &text.bytes, sizeof(text.bytes));
    return out + text.count;
  }
  if (is_long) {
    *out++ = first;
    --point;
  }
  std::memcpy(out, &text.bytes, sizeof(text.bytes));
  out[point] = '.';
  const DigitBytes fraction = text.bytes >> (8 * point);
  std::memcpy(out + point + 1, &fraction, sizeof(fraction));
  return out + text.count + 1;
}

bool AppendPlainDirectly(double value, std::string* out) {
  std::array<char, kJsonFloatRoom> text;
  const char* const end = WritePlainDirectly(value, text.data());
  if (end == nullptr) return false;
  out->append(text.data(), static_cast<size_t>(end - text.data()));
  return true;
}

uint64_t Magnitude(int64_t value) {
  return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

// `fraction` of `digits` decimal digits behind a whole number, without trailing zeros.
void AppendTrimmedFraction(uint64_t fraction, int digits, std::string* out) {
  if (fraction == 0) return;
  std::string text = std::to_string(fraction);
  text.insert(0, static_cast<size_t>(digits) - text.size(), '0');
  while (text.back() == '0') text.pop_back();
  out->push_back('.');
  out->append(text);
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
  }
  return true;
}

bool IsDigit(char c, bool hexadecimal) {
  if (c >= '0' && c <= '9') return true;
  const char lower = static_cast<char>(c | 0x20);
  return hexadecimal && lower >= 'a' && lower <= 'f';
}

// Whether `text` (no sign) is a number in Go's syntax: digits with at most one point, and an
// exponent, which hexadecimal numbers must have.
bool IsNumber(std::string_view text, bool hexadecimal) {
  size_t i = 0;
  bool digits = false;
  bool point = false;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (IsDigit(text[i], hexadecimal)) {
      digits = true;
    } else {
      break;
    }
  }
  if (!digits) return false;
  if (i == text.size()) return !hexadecimal;
  if ((text[i] | 0x20) != (hexadecimal ? 'p' : 'e')) return false;
  ++i;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  if (i == text.size()) return false;
  for (; i < text.size(); ++i) {
    if (!IsDigit(text[i], false)) return false;
  }
  return true;
}

}  // namespace

void AppendFloat(double value, std::string* out) {
  if (AppendPlainDirectly(value, out)) return;
  if (AppendSpecial(value, out)) return;
  AppendPlain(ShortestDigits(std::abs(value)), out);
}

void AppendJsonFloat(double value, std::string* out) {
  if (AppendPlainDirectly(value, out)) return;
  if (AppendSpecial(value, out)) return;
  const double magnitude = std::abs(value);
  const Decimal decimal = ShortestDigits(magnitude);
  if (magnitude < kJsonPlainMin || magnitude >= 1e21) {
    AppendScientific(decimal, out);
  } else {
    AppendPlain(decimal, out);
  }
}

char* WriteJsonFloat(double value, char* out) {
  if (char* const end = WritePlainDirectly(value, out); end != nullptr) return end;
  std::string text;
  AppendJsonFloat(value, &text);
  return out + text.copy(out, text.size());
}

void AppendGeneralFloat(double value, std::string* out) {
  if (AppendSpecial(value, out)) return;
  const Decimal decimal = ShortestDigits(std::abs(value));
  const int exponent = decimal.point - 1;
  // Asked for the shortest digits, Go decides for an exponent as if it had been asked for six.
  if (exponent < -4 || exponent >= 6) {
    AppendScientific(decimal, out);
  } else {
    AppendPlain(decimal, out);
  }
}

void AppendTimestampSeconds(int64_t timestamp_ms, bool trim, std::string* out) {
  if (timestamp_ms < 0) out->push_back('-');
  const uint64_t magnitude = Magnitude(timestamp_ms);
  AppendInteger(magnitude / 1000, out);
  const uint64_t fraction = magnitude % 1000;
  if (fraction == 0) return;
  if (trim) {
    AppendTrimmedFraction(fraction, 3, out);
    return;
  }
  const std::array<char, 4> text = {'.', static_cast<char>('0' + fraction / 100),
                                    static_cast<char>('0' + fraction / 10 % 10),
                                    static_cast<char>('0' + fraction % 10)};
  out->append(text.data(), text.size());
}

void AppendGoDuration(int64_t nanoseconds, std::string* out) {
  if (nanoseconds == 0) {
    out->append("0s");
    return;
  }
  if (nanoseconds < 0) out->push_back('-');
  const uint64_t ns = Magnitude(nanoseconds);
  if (ns < 1'000'000'000) {
    if (ns < 1000) {
      AppendInteger(ns, out);
      out->append("ns");
    } else if (ns < 1'000'000) {
      AppendInteger(ns / 1000, out);
      AppendTrimmedFraction(ns % 1000, 3, out);
      out->append("\xc2\xb5s");
    } else {
      AppendInteger(ns / 1'000'000, out);
      AppendTrimmedFraction(ns % 1'000'000, 6, out);
      out->append("ms");
    }
    return;
  }
  const uint64_t seconds = ns / 1'000'000'000;
  if (seconds >= 3600) {
    AppendInteger(seconds / 3600, out);
    out->push_back('h');
  }
  if (seconds >= 60) {
    AppendInteger(seconds / 60 % 60, out);
    out->push_back('m');
  }
  AppendInteger(seconds % 60, out);
  AppendTrimmedFraction(ns % 1'000'000'000, 9, out);
  out->push_back('s');
}

void AppendPromDuration(int64_t milliseconds, std::string* out) {
  if (milliseconds == 0) {
    out->append("0s");
    return;
  }
  struct Unit {
    std::string_view name;
    uint64_t ms;
    bool exact;  // only written when nothing is left after it
  };
  static constexpr std::array<Unit, 7> kUnits = {{{"y", 31'536'000'000, true},
                                                  {"w", 604'800'000, true},
                                                  {"d", 86'400'000, false},
                                                  {"h", 3'600'000, false},
                                                  {"m", 60'000, false},
                                                  {"s", 1000, false},
                                                  {"ms", 1, false}}};
  if (milliseconds < 0) out->push_back('-');
  uint64_t left = Magnitude(milliseconds);
  for (const Unit& unit : kUnits) {
    if (unit.exact && left % unit.ms != 0) continue;
    const uint64_t count = left / unit.ms;
    if (count == 0) continue;
    AppendInteger(count, out);
    out->append(unit.name);
    left -= count * unit.ms;
  }
}

std::string FormatFloat(double value) {
  std::string text;
  AppendFloat(value, &text);
  return text;
}

bool ParseFloat(std::string_view text, double* value) {
  if (text.empty()) return false;
  const bool negative = text[0] == '-';
  const bool sign = negative || text[0] == '+';
  const std::string_view number = text.substr(sign ? 1 : 0);
  if (EqualsIgnoringCase(number, "inf") || EqualsIgnoringCase(number, "infinity")) {
    *value = negative ? -HUGE_VAL : HUGE_VAL;
    return true;
  }
  if (!sign && EqualsIgnoringCase(number, "nan")) {
    *value = std::nan("");
    return true;
  }
  const bool hexadecimal = number.size() > 2 && number[0] == '0' && (number[1] | 0x20) == 'x';
  if (!IsNumber(hexadecimal ? number.substr(2) : number, hexadecimal)) return false;
  double magnitude = 0;
  const char* end = number.data() + number.size();
  const auto result =
      std::from_chars(number.data() + (hexadecimal ? 2 : 0), end, magnitude,
                      hexadecimal ? std::chars_format::hex : std::chars_format::general);
  if (result.ec == std::errc::result_out_of_range) {
    // from_chars does not say on which side; strtod answers zero, a subnormal or HUGE_VAL.
    magnitude = std::strtod(std::string(number).c_str(), nullptr);
  } else if (result.ec != std::errc() || result.ptr != end) {
    return false;
  }
  *value = negative ? -magnitude : magnitude;
  return !std::isinf(magnitude);
}

}  // namespace varve::query
