#include "storage/encoding/integer_codec.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/encoding/position_list.h"
#include "storage/encoding/timestamp_codec.h"

namespace varve::storage {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// Encodes, decodes with a neighbour behind, and gives the size; 0 when it did not come back.
size_t RoundTripBytes(const std::vector<int64_t>& values, bool as_timestamps = false) {
  std::string bytes;
  if (as_timestamps) {
    EncodeTimestamps(values, &bytes);
  } else {
    EncodeIntegers(values, &bytes);
  }
  const size_t size = bytes.size();
  const std::string with_neighbour = bytes + "next";
  std::string_view in = with_neighbour;
  std::vector<int64_t> decoded = {1, 2, 3};
  const absl::Status status = as_timestamps ? DecodeTimestamps(&in, values.size(), &decoded)
                                            : DecodeIntegers(&in, values.size(), &decoded);
  if (!status.ok() || decoded != values || in != "next") return 0;
  for (size_t begin = 0; begin < values.size(); begin += 1 + values.size() / 5) {
    for (size_t end = values.size(); end > begin; end -= std::min(end, 1 + values.size() / 4)) {
      in = with_neighbour;
      std::vector<int64_t> some(values.size());
      if (!DecodeIntegerRange(&in, values.size(), begin, end, some.data()).ok()) return 0;
      if (in != "next") return 0;
      if (!std::equal(some.begin() + static_cast<ptrdiff_t>(begin),
                      some.begin() + static_cast<ptrdiff_t>(end),
                      values.begin() + static_cast<ptrdiff_t>(begin))) {
        return 0;
      }
    }
  }
  for (size_t cut = 0; cut < size; cut += 1 + size / 64) {
    in = std::string_view(bytes).substr(0, cut);
    if (DecodeIntegers(&in, values.size(), &decoded).ok()) return 0;
  }
  return size;
}

template <typename Next>
std::vector<int64_t> Generate(size_t count, Next next) {
  std::vector<int64_t> values;
  for (size_t i = 0; i < count; ++i) values.push_back(next(i));
  return values;
}

TEST_SUITE("storage/encoding/integer_codec") {
  TEST_CASE("constants and lines take a few bytes, also where they overflow") {
    CHECK(RoundTripBytes(Generate(500, [](size_t) { return 0; })) == 2);
    CHECK(RoundTripBytes(Generate(500, [](size_t) { return kMin; })) == 11);
    CHECK(RoundTripBytes(Generate(500, [](size_t i) { return static_cast<int64_t>(i); })) == 3);
    CHECK(RoundTripBytes({kMax, kMin, kMin + 1, kMin + 2}) > 0);
    CHECK(RoundTripBytes({kMin, kMax}) > 0);
    CHECK(RoundTripBytes({42}) == 2);
    std::string nothing;
    EncodeIntegers({}, &nothing);
    CHECK(nothing.empty());
    CHECK(PeekIntegerMode(nothing) == IntegerMode::kConstant);
  }

  TEST_CASE("the limits of the type come back in every mixture") {
    const std::vector<int64_t> limits = {kMin, kMin + 1, -1, 0, 1, kMax - 1, kMax};
    for (const int64_t a : limits) {
      for (const int64_t b : limits) {
        for (const int64_t c : limits) {
          std::vector<int64_t> values = {a, b, c};
          REQUIRE(RoundTripBytes(values) > 0);
          for (int i = 0; i < 50; ++i) {
            values.push_back(i % 7 == 0 ? a : i % 5 == 0 ? b : i % 3 == 0 ? c : c / 2);
          }
          REQUIRE(RoundTripBytes(values) > 0);
          REQUIRE(RoundTripBytes(values, true) > 0);
        }
      }
    }
  }

  TEST_CASE("outliers cost their own bits and not those of every value") {
    std::mt19937_64 random(1);
    auto values = Generate(1000, [&](size_t) { return static_cast<int64_t>(random() % 16); });
    const size_t plain = RoundTripBytes(values);
    CHECK(plain <= 1000 * 4 / 8 + 8);
    SUBCASE("above") { values[500] = kMax; }
    SUBCASE("below") { values[500] = kMin; }
    SUBCASE("on both sides") {
      values[100] = 1'000'000;
      values[900] = -1'000'000;
    }
    CHECK(RoundTripBytes(values) <= plain + 30);
  }

  TEST_CASE("a common divisor of the steps is divided out") {
    std::mt19937_64 random(2);
    for (const int64_t divisor : {int64_t{2}, int64_t{3}, int64_t{4096}, int64_t{1'000'000},
                                  int64_t{999'983} * 64, int64_t{1} << 58}) {
      const auto small = Generate(240, [&](size_t) { return static_cast<int64_t>(random() % 16); });
      auto values = small;
      for (int64_t& value : values) value = 7 + value * divisor;
      CHECK(RoundTripBytes(values) <= RoundTripBytes(small) + 20);
    }
  }

  TEST_CASE("each shape is written in the mode that suits it") {
    std::mt19937_64 random(4);
    const auto mode = [](const std::vector<int64_t>& values, bool as_timestamps = false) {
      std::string bytes;
      if (as_timestamps) {
        EncodeTimestamps(values, &bytes);
      } else {
        EncodeIntegers(values, &bytes);
      }
      return PeekIntegerMode(bytes);
    };
    int64_t level = 0, step = 1000;
    CHECK(mode({5, 5, 5}) == IntegerMode::kConstant);
    CHECK(mode({5, 6, 7}) == IntegerMode::kLinear);
    CHECK(mode(Generate(200, [&](size_t) { return int64_t(random() % 99); })) ==
          IntegerMode::kFrame);
    CHECK(mode(Generate(200, [&](size_t) { return level += int64_t(random() % 9); })) ==
          IntegerMode::kDelta);
    CHECK(mode(Generate(200, [&](size_t) { return level += step += int64_t(random() % 3); })) ==
          IntegerMode::kDeltaOfDelta);
    CHECK(mode(Generate(200, [&](size_t i) { return int64_t(i * 15'000 + random() % 7); }), true) ==
          IntegerMode::kTrend);
  }

  TEST_CASE("random columns of every kind and length come back") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 600; ++round) {
      const size_t count = 1 + random() % (round % 50 == 0 ? 10'000 : 600);
      const unsigned shift = random() % 64;
      const int64_t scale = round % 3 == 0 ? int64_t(random() % 10'000) + 1 : 1;
      const uint64_t outlier_every = 2 + random() % 300;
      uint64_t level = random(), step = 0;
      const auto values = Generate(count, [&](size_t) {
        const uint64_t noise = random() >> shift;
        if (random() % outlier_every == 0) level += random();
        switch (round % 4) {
          case 0:
            return int64_t(noise * uint64_t(scale));
          case 1:
            return int64_t(level += noise * uint64_t(scale));
          case 2:
            return int64_t(level += step += noise);
          default:
            return int64_t(level + (random() % 50 == 0 ? noise : 0));
        }
      });
      REQUIRE(RoundTripBytes(values) > 0);
      REQUIRE(RoundTripBytes(values, true) > 0);
    }
  }

  TEST_CASE("a damaged count does not allocate") {
    std::string_view in = "\x02\x00";
    std::vector<int64_t> out;
    CHECK_FALSE(DecodeIntegers(&in, size_t{1} << 60, &out).ok());
  }
}

TEST_SUITE("storage/encoding/timestamp_codec") {
  TEST_CASE("scrapes cost what their jitter spreads over") {
    std::mt19937_64 random(9);
    const auto per_sample_bits = [](const std::vector<int64_t>& values) {
      return 8.0 * static_cast<double>(RoundTripBytes(values, true)) / double(values.size());
    };
    const auto scrape = [](size_t i) { return int64_t(1'700'000'000'000 + i * 15'000); };
    CHECK(RoundTripBytes(Generate(4000, scrape), true) <= 12);
    CHECK(per_sample_bits(Generate(
              4000, [&](size_t i) { return scrape(i) + int64_t(random() % 7) - 3; })) < 3.1);
    // Nanoseconds of millisecond resolution, with equal neighbours, as logs have them.
    int64_t timestamp_ns = 1'700'000'000'000'000'000;
    CHECK(per_sample_bits(Generate(8192, [&](size_t) {
            return timestamp_ns += int64_t(random() % 4) * 1'000'000;
          })) < 2.1);
    // One scrape in a hundred is missing.
    size_t index = 0;
    CHECK(per_sample_bits(Generate(
              2000, [&](size_t) { return scrape(index += random() % 100 == 0 ? 2 : 1); })) < 0.3);
  }
}

TEST_SUITE("storage/encoding/position_list") {
  TEST_CASE("lists of any density come back near their estimate, and beyond the column fail") {
    std::mt19937_64 random(6);
    for (const size_t one_in : {1, 2, 3, 10, 100, 1000, 4000}) {
      std::vector<uint32_t> positions, decoded = {5};
      for (uint32_t i = 0; i < 4096; ++i) {
        if (random() % one_in == 0) positions.push_back(i);
      }
      std::string bytes;
      EncodePositions(positions, &bytes);
      ByteReader reader(bytes);
      REQUIRE(DecodePositions(&reader, 4096, &decoded));
      CHECK(decoded == positions);
      CHECK(reader.AtEnd());
      CHECK(bytes.size() * 8 <= EstimatePositionBits(positions.size(), 4096) * 11 / 10 + 24);
      if (positions.empty()) continue;
      ByteReader short_column(bytes);
      CHECK_FALSE(DecodePositions(&short_column, positions.back(), &decoded));
      ByteReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
      CHECK_FALSE(DecodePositions(&cut, 4096, &decoded));
    }
  }

  TEST_CASE("endless zeros end at the column's length") {
    const std::string zeros = std::string("\x1f", 1) + std::string(100'000, '\0');
    ByteReader reader(zeros);
    std::vector<uint32_t> positions;
    CHECK_FALSE(DecodePositions(&reader, 4096, &positions));
  }
}

}  // namespace
}  // namespace varve::storage
