#include "query/engine/number_format.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace varve::query {
namespace {

std::string Json(double value) {
  std::string text;
  AppendJsonFloat(value, &text);
  return text;
}
std::string General(double value) {
  std::string text;
  AppendGeneralFloat(value, &text);
  return text;
}
std::string Seconds(int64_t ms, bool trim) {
  std::string text;
  AppendTimestampSeconds(ms, trim, &text);
  return text;
}
std::string Go(int64_t ns) {
  std::string text;
  AppendGoDuration(ns, &text);
  return text;
}
std::string Prom(int64_t ms) {
  std::string text;
  AppendPromDuration(ms, &text);
  return text;
}

TEST_SUITE("query/engine/number_format") {
  TEST_CASE("plain format never has an exponent and pads the shortest digits with zeros") {
    CHECK(FormatFloat(0) == "0");
    CHECK(FormatFloat(-0.0) == "-0");
    CHECK(FormatFloat(1) == "1");
    CHECK(FormatFloat(-1.5) == "-1.5");
    CHECK(FormatFloat(0.1) == "0.1");
    CHECK(FormatFloat(100) == "100");
    CHECK(FormatFloat(1.2345678901234568e20) == "123456789012345680000");
    CHECK(FormatFloat(1e-7) == "0.0000001");
    CHECK(FormatFloat(9007199254740993.0) == "9007199254740992");
    CHECK(FormatFloat(1.0 / 3) == "0.3333333333333333");
    CHECK(FormatFloat(0.30000000000000004) == "0.30000000000000004");
    CHECK(FormatFloat(std::nan("")) == "NaN");
    CHECK(FormatFloat(HUGE_VAL) == "+Inf");
    CHECK(FormatFloat(-HUGE_VAL) == "-Inf");
    CHECK(FormatFloat(5e-324).size() == 2 + 324);
  }

  TEST_CASE("JSON format changes to an exponent below 1e-6 and from 1e21 on") {
    CHECK(Json(1e-6) == "0.000001");
    CHECK(Json(9.9e-7) == "9.9e-07");
    CHECK(Json(1e21) == "1e+21");
    CHECK(Json(9.99e20) == "999000000000000000000");
    CHECK(Json(1.5e-300) == "1.5e-300");
    CHECK(Json(-1e100) == "-1e+100");
  }

  TEST_CASE("general format takes an exponent from the seventh digit on") {
    CHECK(General(123456) == "123456");
    CHECK(General(1e6) == "1e+06");
    CHECK(General(1234567) == "1.234567e+06");
    CHECK(General(0.0001) == "0.0001");
    CHECK(General(0.00001) == "1e-05");
    CHECK(General(-0.5) == "-0.5");
  }

  TEST_CASE("every float reads back as itself") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 200'000; ++i) {
      double value = std::bit_cast<double>(random());
      if (i % 3 == 1) value = static_cast<double>(random() % 100'000'000) / 1000;
      if (i % 3 == 2) value = static_cast<double>(static_cast<int64_t>(random() >> 10)) / 1e6;
      if (!std::isfinite(value)) continue;
      double back = 0;
      REQUIRE(ParseFloat(FormatFloat(value), &back));
      REQUIRE(std::bit_cast<uint64_t>(back) == std::bit_cast<uint64_t>(value));
      REQUIRE(ParseFloat(Json(value), &back));
      REQUIRE(std::bit_cast<uint64_t>(back) == std::bit_cast<uint64_t>(value));
    }
  }

  TEST_CASE("numbers in Go's syntax are read, others refused") {
    double value = 0;
    CHECK((ParseFloat("1e3", &value) && value == 1000));
    CHECK((ParseFloat("+.5", &value) && value == 0.5));
    CHECK((ParseFloat("0x1p-2", &value) && value == 0.25));
    CHECK((ParseFloat("-iNf", &value) && value == -HUGE_VAL));
    CHECK((ParseFloat("+Infinity", &value) && value == HUGE_VAL));
    CHECK((ParseFloat("NaN", &value) && std::isnan(value)));
    CHECK((ParseFloat("1e-400", &value) && value == 0));
    CHECK((ParseFloat("-0", &value) && std::signbit(value)));
    for (const char* bad :
         {"", " 1", "1 ", "-", "0x", "0x1", "1e", "1_000", "+nan", "1e400", "e5", "."}) {
      CHECK_MESSAGE(!ParseFloat(bad, &value), bad);
    }
  }

  TEST_CASE("timestamps are seconds with a fraction of three or fewer digits") {
    CHECK(Seconds(1435781451781, false) == "1435781451.781");
    CHECK(Seconds(1435781451780, false) == "1435781451.780");
    CHECK(Seconds(1435781451780, true) == "1435781451.78");
    CHECK(Seconds(1435781451000, false) == "1435781451");
    CHECK(Seconds(-1, false) == "-0.001");
    CHECK(Seconds(std::numeric_limits<int64_t>::min(), false) == "-9223372036854775.808");
  }

  TEST_CASE("durations are written as Go and Prometheus write them") {
    CHECK(Go(3'600'000'000'000) == "1h0m0s");
    CHECK(Go(1'500'000'000) == "1.5s");
    CHECK(Go(150'000'000) == "150ms");
    CHECK(Go(0) == "0s");
    CHECK(Go(-90'000'000'000) == "-1m30s");
    CHECK(Prom(3'600'000) == "1h");
    CHECK(Prom(90'000) == "1m30s");
    CHECK(Prom(86'400'000) == "1d");
    CHECK(Prom(8 * 86'400'000LL) == "8d");
    CHECK(Prom(14 * 86'400'000LL) == "2w");
    CHECK(Prom(0) == "0s");
    CHECK(Prom(1) == "1ms");
  }
}

}  // namespace
}  // namespace varve::query
