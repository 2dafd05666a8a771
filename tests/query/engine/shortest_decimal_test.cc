#include "query/engine/shortest_decimal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "query/engine/number_format.h"

namespace varve::query {
namespace {

// `digits` and the exponent that std::to_chars finds, in the same form.
ShortestDecimal Reference(double magnitude) {
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), magnitude,
                                 std::chars_format::scientific)
                       .ptr;
  ShortestDecimal decimal;
  const char* p = text.data();
  int fraction_digits = -1;
  for (; *p != 'e'; ++p) {
    if (*p == '.') {
      fraction_digits = 0;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<uint64_t>(*p - '0');
    if (fraction_digits >= 0) ++fraction_digits;
  }
  ++p;
  if (*p == '+') ++p;
  int exponent = 0;
  std::from_chars(p, end, exponent);
  decimal.decimals = std::max(fraction_digits, 0) - exponent;
  return decimal;
}

void CheckOne(double magnitude) {
  if (magnitude < kShortestDecimalMin || magnitude >= kShortestDecimalEnd) return;
  if (std::floor(magnitude) == magnitude) return;
  const ShortestDecimal found = FindShortestDecimal(magnitude);
  const ShortestDecimal wanted = Reference(magnitude);
  CAPTURE(std::bit_cast<uint64_t>(magnitude));
  REQUIRE(found.digits == wanted.digits);
  REQUIRE(found.decimals == wanted.decimals);
}

// Go's strconv.FormatFloat(value, 'f' or 'e', -1, 64), as Prometheus chooses between them, made of
// what std::to_chars writes.
std::string ReferenceJson(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  std::array<char, 40> text;
  const auto scientific =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  std::string shortest(text.data(), scientific.ptr);
  const double magnitude = std::abs(value);
  if (value != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) return shortest;
  if (magnitude < kShortestDecimalEnd) {
    std::array<char, 400> fixed;
    const auto end =
        std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed);
    return std::string(fixed.data(), end.ptr);
  }
  // Zeros behind the shortest digits.
  const size_t e = shortest.find('e');
  const int exponent = std::stoi(shortest.substr(e + 1));
  std::string digits;
  for (const char c : shortest.substr(0, e)) {
    if (c != '.' && c != '-') digits.push_back(c);
  }
  digits.append(static_cast<size_t>(exponent) + 1 - digits.size(), '0');
  return (value < 0 ? "-" : "") + digits;
}

std::string Json(double value) {
  std::string appended;
  AppendJsonFloat(value, &appended);
  std::array<char, kJsonFloatRoom> text;
  const char* const end = WriteJsonFloat(value, text.data());
  const std::string written(text.data(), static_cast<size_t>(end - text.data()));
  REQUIRE(written == appended);
  return appended;
}

void CheckText(double value) {
  CAPTURE(std::bit_cast<uint64_t>(value));
  REQUIRE(Json(value) == ReferenceJson(value));
}

TEST_SUITE("query/engine/shortest_decimal") {
  TEST_CASE("some decimals") {
    const auto is = [](double value, uint64_t digits, int decimals) {
      const ShortestDecimal found = FindShortestDecimal(value);
      CHECK(found.digits == digits);
      CHECK(found.decimals == decimals);
    };
    is(0.5, 5, 1);
    is(0.1, 1, 1);
    is(123.456, 123456, 3);
    is(1.0 / 3, 3333333333333333, 16);
    is(0.30000000000000004, 30000000000000004, 17);
    is(4503599627370495.5, 45035996273704955, 1);
    is(0x1p-37, 7275957614183426, 27);
    is(1e-6, 1, 6);
  }

  TEST_CASE("digits are those of std::to_chars around every power of two and of ten") {
    for (int exponent = -37; exponent <= 53; ++exponent) {
      double below = std::ldexp(1.0, exponent);
      double above = below;
      for (int i = 0; i < 200; ++i) {
        CheckOne(below);
        CheckOne(above);
        below = std::nextafter(below, 0);
        above = std::nextafter(above, HUGE_VAL);
      }
    }
    for (int exponent = -11; exponent <= 15; ++exponent) {
      double below = std::pow(10.0, exponent);
      double above = below;
      for (int i = 0; i < 200; ++i) {
        CheckOne(below);
        CheckOne(above);
        below = std::nextafter(below, 0);
        above = std::nextafter(above, HUGE_VAL);
      }
    }
  }

  TEST_CASE("digits are those of std::to_chars for random doubles") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 400'000; ++i) {
      // Any fraction, any exponent of the range.
      const uint64_t exponent = 1023 - 37 + random() % 90;
      CheckOne(std::bit_cast<double>(exponent << 52 | (random() & ((uint64_t{1} << 52) - 1))));
      // Few bits: exact decimals, and ties.
      CheckOne(static_cast<double>(random() % 100'000) / static_cast<double>(1 << (random() % 30)));
      // Short decimals.
      CheckOne(static_cast<double>(random() % 1'000'000'000) / std::pow(10.0, random() % 12));
    }
  }

  TEST_CASE("texts of values are the reference's, thresholds and all") {
    for (const double value : {0.0,
                               -0.0,
                               1.0,
                               -1.0,
                               0.1,
                               1e-6,
                               9.999999999999999e-7,
                               1.0000000000000002e-6,
                               1e-7,
                               1e21,
                               9.999999999999999e20,
                               1.0000000000000001e21,
                               9007199254740991.0,
                               9007199254740992.0,
                               9007199254740993.0,
                               4503599627370495.5,
                               5e-324,
                               2.2250738585072014e-308,
                               2.2250738585072009e-308,
                               1.7976931348623157e308,
                               123456789012345680.0,
                               99999999.0,
                               100000000.0,
                               9999999999999999.0,
                               0.000001234567890123456,
                               HUGE_VAL,
                               -HUGE_VAL}) {
      CheckText(value);
      CheckText(-value);
    }
    CHECK(Json(std::nan("")) == "NaN");
    for (int exponent = -320; exponent <= 308; ++exponent) {
      const double power = std::pow(10.0, exponent);
      for (const double value :
           {std::nextafter(power, 0), power, std::nextafter(power, HUGE_VAL)}) {
        CheckText(value);
      }
    }
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 300'000; ++i) {
      CheckText(std::bit_cast<double>(random()));
      CheckText(static_cast<double>(random() >> (random() % 64)));
      CheckText(static_cast<double>(static_cast<int64_t>(random() >> 20)) / 1e6);
      CheckText(-static_cast<double>(random() % 10'000) /
                static_cast<double>(1 + random() % 10'000));
    }
  }

  TEST_CASE("digits of whole numbers") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    const auto check = [](uint64_t number) {
      const auto text_of = [](const DigitText& text) {
        std::array<char, sizeof(text.bytes)> bytes;
        std::memcpy(bytes.data(), &text.bytes, sizeof(text.bytes));
        return std::string(bytes.data(), static_cast<size_t>(text.count));
      };
      const std::string wanted = std::to_string(number);
      REQUIRE(text_of(MakeDigitText(number)) == wanted);
      REQUIRE(text_of(MakePaddedDigitText(number)) ==
              std::string(kDigitTextMax - wanted.size(), '0') + wanted);
    };
    uint64_t power = 1;
    for (int digits = 0; digits < kDigitTextMax; ++digits, power *= 10) {
      check(power - 1);
      check(power);
      check(power + (digits > 0 ? 1 : 0));
    }
    check(power - 1);
    for (int i = 0; i < 200'000; ++i) check((random() >> (random() % 64)) % power);
  }
}

}  // namespace
}  // namespace varve::query
