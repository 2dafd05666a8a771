#include "query/logql/quantity.h"

#include <cmath>
#include <limits>
#include <string>

#include "query/engine/number_format.h"
#include "query/template/number_literal.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrCat;

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kSecond = 1e9;
constexpr double kHour = 3600 * kSecond;
// Longest first where one is the prefix of another.
constexpr Unit kValueUnits[] = {{"ns", 1},           {"us", 1e3}, {"\xc2\xb5s", 1e3},
                                {"\xce\xbcs", 1e3},  {"ms", 1e6}, {"s", kSecond},
                                {"m", 60 * kSecond}, {"h", kHour}};
constexpr Unit kQueryUnits[] = {{"d", 24 * kHour}, {"w", 7 * 24 * kHour}, {"y", 365 * 24 * kHour}};
constexpr Unit kByteUnits[] = {{"", 1},        {"b", 1},        {"k", 1e3},  {"kb", 1e3},
                               {"ki", 0x1p10}, {"kib", 0x1p10}, {"m", 1e6},  {"mb", 1e6},
                               {"mi", 0x1p20}, {"mib", 0x1p20}, {"g", 1e9},  {"gb", 1e9},
                               {"gi", 0x1p30}, {"gib", 0x1p30}, {"t", 1e12}, {"tb", 1e12},
                               {"ti", 0x1p40}, {"tib", 0x1p40}, {"p", 1e15}, {"pb", 1e15},
                               {"pi", 0x1p50}, {"pib", 0x1p50}, {"e", 1e18}, {"eb", 1e18},
                               {"ei", 0x1p60}, {"eib", 0x1p60}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `12.5` from the front of `text` as a whole part and a fraction; false where there is none.
bool TakeDecimal(std::string_view* text, double* whole, double* fraction) {
  size_t i = 0;
  double value = 0;
  bool digits = false;
  for (; i < text->size() && IsDigit((*text)[i]); ++i) {
    value = value * 10 + ((*text)[i] - '0');
    digits = true;
  }
  *whole = value;
  *fraction = 0;
  if (i < text->size() && (*text)[i] == '.') {
    double scale = 1;
    double part = 0;
    for (++i; i < text->size() && IsDigit((*text)[i]); ++i) {
      part = part * 10 + ((*text)[i] - '0');
      scale *= 10;
      digits = true;
    }
    *fraction = part / scale;
  }
  text->remove_prefix(i);
  return digits;
}

std::string_view TakeUnitText(std::string_view* text) {
  size_t i = 0;
  while (i < text->size() && (*text)[i] != '.' && !IsDigit((*text)[i])) ++i;
  const std::string_view unit = text->substr(0, i);
  text->remove_prefix(i);
  return unit;
}

// Go's package time quotes in a way of its own: every byte that is not printable ASCII in hex.
std::string QuoteForTime(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte >= 0x80) {
      out.append("\\x");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

std::optional<double> FactorOf(std::string_view unit, bool query_units) {
  for (const Unit& known : kValueUnits) {
    if (known.name == unit) return known.factor;
  }
  if (query_units) {
    for (const Unit& known : kQueryUnits) {
      if (known.name == unit) return known.factor;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> ParseQueryDuration(std::string_view text) {
  if (text == "0") return 0;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  long double total = 0;
  while (!text.empty()) {
    double whole = 0;
    double fraction = 0;
    if (!TakeDecimal(&text, &whole, &fraction)) return std::nullopt;
    const std::optional<double> factor = FactorOf(TakeUnitText(&text), true);
    if (!factor) return std::nullopt;
    total += static_cast<long double>(whole) * *factor + fraction * *factor;
  }
  if (total > 9.2e18L) return std::nullopt;
  const int64_t nanoseconds = static_cast<int64_t>(total);
  return negative ? -nanoseconds : nanoseconds;
}

absl::StatusOr<int64_t> ParseDurationValue(std::string_view text) {
  const std::string_view whole_text = text;
  const auto error = [&](std::string_view what) {
    return absl::InvalidArgumentError(StrCat("time: ", what, " ", QuoteForTime(whole_text)));
  };
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return 0;
  if (text.empty()) return error("invalid duration");
  long double total = 0;
  while (!text.empty()) {
    double whole = 0;
    double fraction = 0;
    if (!TakeDecimal(&text, &whole, &fraction)) return error("invalid duration");
    const std::string_view unit = TakeUnitText(&text);
    if (unit.empty()) return error("missing unit in duration");
    const std::optional<double> factor = FactorOf(unit, false);
    if (!factor) return error(StrCat("unknown unit ", QuoteForTime(unit), " in duration"));
    total += static_cast<long double>(whole) * *factor + fraction * *factor;
    if (total > 9223372036854775807.0L) return error("invalid duration");
  }
  const int64_t nanoseconds = static_cast<int64_t>(total);
  return negative ? -nanoseconds : nanoseconds;
}

absl::StatusOr<uint64_t> ParseBytesValue(std::string_view text) {
  size_t i = 0;
  std::string digits;
  for (; i < text.size() && (IsDigit(text[i]) || text[i] == '.' || text[i] == ','); ++i) {
    if (text[i] != ',') digits.push_back(text[i]);
  }
  double value = 0;
  if (!ParseFloat(digits, &value)) {
    return absl::InvalidArgumentError(
        StrCat("strconv.ParseFloat: parsing ", Quote(digits), ": invalid syntax"));
  }
  std::string unit;
  for (const char c : text.substr(i)) {
    unit.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  }
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!unit.empty() && is_space(unit.front())) unit.erase(0, 1);
  while (!unit.empty() && is_space(unit.back())) unit.pop_back();
  for (const Unit& known : kByteUnits) {
    if (known.name != unit) continue;
    value *= known.factor;
    if (value >= 18446744073709551615.0) {
      return absl::InvalidArgumentError(StrCat("too large: ", text));
    }
    return static_cast<uint64_t>(value);
  }
  return absl::InvalidArgumentError(StrCat("unhandled size name: ", unit));
}

absl::StatusOr<double> ParseFloatValue(std::string_view text) {
  double value = 0;
  const bool hexadecimal = text.find("0x") != text.npos || text.find("0X") != text.npos;
  if ((hexadecimal && text.find_first_of("pP") == text.npos) || !ParseGoFloat(text, &value)) {
    return absl::InvalidArgumentError(
        StrCat("strconv.ParseFloat: parsing ", Quote(text), ": invalid syntax"));
  }
  return value;
}

}  // namespace varve::query
