#include "storage/encoding/decimal.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/model/sample.h"

namespace varve::storage {
namespace {

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

TEST_SUITE("storage/encoding/decimal") {
  TEST_CASE("the fewest digits that give the very bits back are found") {
    CHECK(DecimalDigits(0) == 0);
    CHECK(DecimalDigits(-17) == 0);
    CHECK(DecimalDigits(1e15) == 0);
    CHECK(DecimalDigits(9.2e18) == 0);
    CHECK(DecimalDigits(0.1) == 1);
    CHECK(DecimalDigits(12.25) == 2);
    CHECK(DecimalDigits(-0.001) == 3);
    CHECK(DecimalDigits(1e-15) == 15);
    CHECK(DecimalDigits(0.1 + 0.2) > kDecimalDigitsMax);
    CHECK(DecimalDigits(std::sqrt(200.0)) > kDecimalDigitsMax);
    CHECK(DecimalDigits(-0.0) > kDecimalDigitsMax);
    CHECK(DecimalDigits(1e300) > kDecimalDigitsMax);
    CHECK(DecimalDigits(std::numeric_limits<double>::infinity()) > kDecimalDigitsMax);
    CHECK(DecimalDigits(std::numeric_limits<double>::quiet_NaN()) > kDecimalDigitsMax);
    CHECK(DecimalDigits(StaleMarker()) > kDecimalDigitsMax);
    CHECK(DecimalDigits(std::numeric_limits<double>::denorm_min()) > kDecimalDigitsMax);
  }

  TEST_CASE("what was written with few digits is always a decimal of as many") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
      const unsigned digits = random() % 10;
      std::string text = std::to_string(random() % 1'000'000);
      if (digits > 0) text += '.';
      for (unsigned d = 0; d < digits; ++d) text += static_cast<char>('0' + random() % 10);
      const double value = std::strtod(text.c_str(), nullptr);
      INFO(text);
      int64_t integer = 0;
      REQUIRE(DecimalDigits(value) <= digits);
      REQUIRE(ToDecimal(value, digits, &integer));
      double back = 0;
      FromDecimal({&integer, 1}, digits, &back);
      REQUIRE(Bits(back) == Bits(value));
    }
  }

  TEST_CASE("every 64-bit integer becomes the double that a cast gives, vectorised or not") {
    std::mt19937_64 random(3);
    std::vector<int64_t> integers = {0,
                                     1,
                                     -1,
                                     INT64_MIN,
                                     INT64_MAX,
                                     int64_t{1} << 53,
                                     (int64_t{1} << 53) + 1,
                                     -(int64_t{1} << 53) - 1,
                                     1LL << 32};
    for (int i = 0; i < 10'000; ++i) {
      integers.push_back(static_cast<int64_t>(random()) >> random() % 64);
    }
    std::vector<double> doubles(integers.size());
    double scale = 1;
    for (unsigned digits = 0; digits <= kDecimalDigitsMax; ++digits, scale *= 10) {
      FromDecimal(integers, digits, doubles.data());
      for (size_t i = 0; i < integers.size(); ++i) {
        REQUIRE(Bits(doubles[i]) == Bits(static_cast<double>(integers[i]) / scale));
      }
    }
  }

  TEST_CASE("odd values become exceptions and repeat their neighbour") {
    std::vector<double> values = {StaleMarker(), -0.0};
    for (int i = 0; i < 30; ++i) values.push_back(i * 0.25);
    values.push_back(M_PI);
    DecimalColumn column;
    REQUIRE(ToDecimal(values, &column));
    CHECK(column.digits == 2);
    CHECK(column.exceptions == std::vector<uint32_t>{0, 1, 32});
    CHECK(column.integers[0] == 0);
    CHECK(column.integers[3] == 25);
    CHECK(column.integers[32] == column.integers[31]);
  }

  TEST_CASE("digits that many values need are taken, digits that one needs are not") {
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) values.push_back(i % 3 == 1 ? i + 0.125 : i);
    DecimalColumn column;
    REQUIRE(ToDecimal(values, &column));
    CHECK(column.digits == 3);
    CHECK(column.exceptions.empty());
    for (int i = 0; i < 200; ++i) values[static_cast<size_t>(i)] = i;
    values[77] = 0.123456789012;
    REQUIRE(ToDecimal(values, &column));
    CHECK(column.digits == 0);
    CHECK(column.exceptions == std::vector<uint32_t>{77});
  }

  TEST_CASE("full-precision doubles are refused") {
    std::mt19937_64 random(8);
    std::vector<double> values;
    for (int i = 0; i < 200; ++i) values.push_back(std::sqrt(double(random() % 10'000'000)));
    DecimalColumn column;
    CHECK_FALSE(ToDecimal(values, &column));
    CHECK_FALSE(ToDecimal(std::span<const double>(), &column));
  }
}

}  // namespace
}  // namespace varve::storage
