#include "query/template/float_format.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "query/engine/number_format.h"

namespace varve::query {
namespace {

constexpr int kMantissaBits = 52;
constexpr int kExponentBias = 1023;

std::string UpperCase(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// What snprintf rounds as Go does: a number of digits is given.
std::string WithPrecision(double value, char format, int precision) {
  const char pattern[] = {'%', '.', '*', format, '\0'};
  std::string text(static_cast<size_t>(std::snprintf(nullptr, 0, pattern, precision, value)) + 1,
                   '\0');
  std::snprintf(text.data(), text.size(), pattern, precision, value);
  text.pop_back();
  return text;
}

std::string ShortestScientific(double value) {
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  return {buffer, end};
}

std::string Binary(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  const uint64_t mantissa = bits & ((uint64_t{1} << kMantissaBits) - 1);
  const int biased = static_cast<int>(bits >> kMantissaBits & 0x7ff);
  const int exponent = (biased == 0 ? 1 : biased) - kExponentBias - kMantissaBits;
  std::string text = std::signbit(value) ? "-" : "";
  text += std::to_string(biased == 0 ? mantissa : mantissa | uint64_t{1} << kMantissaBits);
  text += exponent < 0 ? "p" : "p+";
  return text + std::to_string(exponent);
}

// 0x1.8p+01: one digit before the point, at least two in the exponent.
std::string Hexadecimal(double value, int precision) {
  int exponent = 0;
  double fraction = value;
  if (value != 0) {
    fraction = 2 * std::frexp(value, &exponent);
    --exponent;
  }
  char buffer[64];
  if (precision < 0) {
    std::snprintf(buffer, sizeof(buffer), "%a", fraction);
  } else {
    std::snprintf(buffer, sizeof(buffer), "%.*a", std::min(precision, 30), fraction);
  }
  std::string text = buffer;
  const size_t p = text.find('p');
  exponent += std::atoi(text.c_str() + p + 1);
  text.resize(p);
  if (precision > 30) text.append(static_cast<size_t>(precision - 30), '0');
  // Rounding may carry into a second bit before the point.
  if (const size_t lead = text.find("0x2"); lead != text.npos) {
    text[lead + 2] = '1';
    ++exponent;
  }
  std::snprintf(buffer, sizeof(buffer), "p%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
  return text + buffer;
}

}  // namespace

std::string FormatGoFloat(double value, char format, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  switch (format) {
    case 'b':
      return Binary(value);
    case 'x':
      return Hexadecimal(value, precision);
    case 'X':
    case 'E':
    case 'G':
      return UpperCase(FormatGoFloat(value, static_cast<char>(format + 32), precision));
    case 'e':
      return precision < 0 ? ShortestScientific(value) : WithPrecision(value, 'e', precision);
    case 'f':
      if (precision >= 0) return WithPrecision(value, 'f', precision);
      break;
    default: {
      if (precision >= 0) return WithPrecision(value, 'g', precision);
      std::string text;
      AppendGeneralFloat(value, &text);
      return text;
    }
  }
  std::string text;
  AppendFloat(value, &text);
  return text;
}

}  // namespace varve::query
