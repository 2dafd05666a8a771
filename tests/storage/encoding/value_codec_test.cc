#include "storage/encoding/value_codec.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/model/sample.h"

namespace varve::storage {
namespace {

struct Encoded {
  ValueCodec codec;
  std::string bytes;
};

// Encodes behind other bytes and requires that every bit comes back.
Encoded RoundTrip(const std::vector<double>& values) {
  std::string bytes = "before";
  const ValueCodec codec = EncodeValues(values, &bytes);
  bytes.erase(0, 6);
  std::vector<double> decoded(values.size(), 12345);
  REQUIRE(DecodeValues(bytes, values.size(), decoded.data()).ok());
  REQUIRE(std::memcmp(decoded.data(), values.data(), values.size() * sizeof(double)) == 0);
  // So does each part: every one of a short chunk, some of a long one.
  const size_t stride = 1 + values.size() / 12;
  for (size_t begin = 0; begin < values.size(); begin += stride) {
    for (size_t end = begin + 1; end <= values.size(); end += stride) {
      const size_t count = end - begin;
      std::vector<double> part(count + 1, 12345);
      REQUIRE(DecodeValueRange(bytes, values.size(), begin, end, part.data()).ok());
      REQUIRE(std::memcmp(part.data(), values.data() + begin, count * sizeof(double)) == 0);
      REQUIRE(part[count] == 12345);
    }
  }
  REQUIRE(PeekCodec(bytes) == codec);
  REQUIRE(bytes.size() <= values.size() * sizeof(double) + 1);
  return {codec, bytes};
}

template <typename Next>
std::vector<double> Generate(size_t count, Next next) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(next(i)));
  return values;
}

const double kSpecials[] = {0.0,
                            -0.0,
                            1.0,
                            -1.0,
                            0.1,
                            StaleMarker(),
                            std::bit_cast<double>(uint64_t{0x7ff8000000000001}),
                            std::bit_cast<double>(uint64_t{0xfff0000000000001}),
                            std::bit_cast<double>(~uint64_t{0}),
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::max(),
                            std::numeric_limits<double>::denorm_min(),
                            9007199254740993.0,
                            -9223372036854775808.0};

TEST_SUITE("storage/encoding/value_codec") {
  TEST_CASE("a constant chunk takes one to three bytes for usual values and ten at most") {
    const auto bytes_of = [](double value) {
      const Encoded one = RoundTrip({value});
      const Encoded many = RoundTrip(std::vector<double>(480, value));
      CHECK(one.bytes == many.bytes);
      CHECK(many.codec == ValueCodec::kConstant);
      return many.bytes.size();
    };
    CHECK(bytes_of(0) == 1);
    CHECK(bytes_of(1) == 1);
    CHECK(bytes_of(StaleMarker()) == 1);
    CHECK(bytes_of(-5) == 2);
    CHECK(bytes_of(0.05) == 2);
    CHECK(bytes_of(1024) == 3);
    CHECK(bytes_of(1'700'000'000) == 6);
    for (const double special : kSpecials) CHECK(bytes_of(special) <= 10);
  }

  TEST_CASE("special values come back alone, in every triple and among decimals") {
    for (const double a : kSpecials) {
      for (const double b : kSpecials) {
        for (const double c : kSpecials) {
          RoundTrip({a, b, c});
          auto values = Generate(40, [](size_t i) { return i * 0.5; });
          values[0] = a;
          values[20] = b;
          values[39] = c;
          RoundTrip(values);
          RoundTrip(Generate(100, [&](size_t i) { return i % 3 == 0 ? a : i % 7 == 0 ? b : c; }));
        }
      }
    }
  }

  TEST_CASE("each shape is written by the codec that suits it") {
    std::mt19937_64 random(1);
    double level = 0;
    CHECK(RoundTrip(Generate(120, [](size_t i) { return i * 0.25; })).codec == ValueCodec::kLinear);
    CHECK(RoundTrip(Generate(120, [](size_t i) { return i / 50; })).codec == ValueCodec::kSparse);
    CHECK(RoundTrip(Generate(120, [&](size_t) { return level += double(random() % 20); })).codec ==
          ValueCodec::kDecimal);
    auto ends = Generate(120, [&](size_t) { return double(random() % 1000) / 100; });
    ends.back() = StaleMarker();
    CHECK(RoundTrip(ends).codec == ValueCodec::kDecimalPatched);
    CHECK(RoundTrip(Generate(120, [&](size_t) { return std::sqrt(double(random() % 9)); })).codec ==
          ValueCodec::kDictionary);
    CHECK(RoundTrip(Generate(120, [&](size_t) {
            return level += std::sqrt(double(random() % 97));
          })).codec == ValueCodec::kBits);
    CHECK(ValueCodecName(ValueCodec::kDecimalPatched) == "decimal_patched");
    CHECK(ValueCodecName(static_cast<ValueCodec>(99)) == "unknown");
  }

  TEST_CASE("the stale marker at the end of a counter costs a few bytes") {
    auto values = Generate(120, [](size_t i) { return i * i; });
    const size_t plain = RoundTrip(values).bytes.size();
    values.back() = StaleMarker();
    CHECK(RoundTrip(values).bytes.size() <= plain + 12);
  }

  TEST_CASE("no values take no bytes, and one more or less is an error") {
    std::string bytes;
    EncodeValues({}, &bytes);
    CHECK(bytes.empty());
    CHECK(DecodeValues("", 0, nullptr).ok());
    double out[4];
    CHECK_FALSE(DecodeValues("", 1, out).ok());
    std::string two;
    EncodeValues(std::vector<double>{1, 2}, &two);
    CHECK(DecodeValueRange(two, 2, 0, 1, out).ok());
    CHECK_FALSE(DecodeValueRange(two, 2, 1, 1, out).ok());
    CHECK_FALSE(DecodeValueRange(two, 2, 1, 3, out).ok());
    CHECK_FALSE(DecodeValues("x", 0, out).ok());
    CHECK(PeekCodec("") == ValueCodec::kRaw);
  }

  TEST_CASE("random chunks of every shape and length come back, and cut off they never crash") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 1500; ++round) {
      const size_t count = 1 + random() % (round % 100 == 0 ? kValueChunkCountMax : 500);
      const double scale = std::pow(10, static_cast<double>(random() % 8));
      const uint64_t change_every = 1 + random() % 40;
      const uint64_t spread = 1 + random() % 100'000;
      const uint64_t special_every = round % 3 == 0 ? 1 + random() % 60 : ~uint64_t{0};
      double level = static_cast<double>(random() % 1'000'000);
      const auto values = Generate(count, [&](size_t) {
        if (random() % special_every == 1) return kSpecials[random() % std::size(kSpecials)];
        if (random() % change_every != 0) return level / scale;
        switch (round % 7) {
          case 0:
            level += static_cast<double>(random() % spread);
            break;
          case 1:
            level = static_cast<double>(random() % spread);
            break;
          case 2:
            level += std::sin(static_cast<double>(random() % spread));
            break;
          case 3:
            level = std::bit_cast<double>(random());
            break;
          case 4:
            level = static_cast<double>(static_cast<float>(level) * 1.01f);
            break;
          case 5:
            level = std::sqrt(static_cast<double>(random() % 20));
            break;
          default:
            level -= static_cast<double>(random() % spread) * 4096;
            break;
        }
        return round % 2 == 0 ? level / scale : level;
      });
      const Encoded encoded = RoundTrip(values);
      std::vector<double> decoded(count);
      for (size_t cut = 0; cut < encoded.bytes.size(); cut += 1 + random() % 40) {
        (void)DecodeValues(std::string_view(encoded.bytes).substr(0, cut), count, decoded.data());
      }
      for (int flip = 0; flip < 8; ++flip) {
        std::string damaged = encoded.bytes;
        damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
        (void)DecodeValues(damaged, count, decoded.data());
        const size_t begin = random() % count;
        const size_t end = begin + 1 + random() % (count - begin);
        std::vector<double> part(end - begin);
        (void)DecodeValueRange(damaged, count, begin, end, part.data());
      }
    }
  }
}

}  // namespace
}  // namespace varve::storage
