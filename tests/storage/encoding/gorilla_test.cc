#include "storage/encoding/gorilla.h"

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

struct Column {
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
  void Add(int64_t timestamp_ms, double value) {
    timestamps_ms.push_back(timestamp_ms);
    values.push_back(value);
  }
  size_t size() const { return values.size(); }
};

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

std::string Encode(const Column& column) {
  GorillaEncoder encoder;
  for (size_t i = 0; i < column.size(); ++i) {
    encoder.Append(column.timestamps_ms[i], column.values[i]);
  }
  return encoder.Seal();
}

bool RoundTrips(const Column& column) {
  const std::string bytes = Encode(column);
  Column decoded;
  decoded.timestamps_ms.resize(column.size());
  decoded.values.resize(column.size());
  return DecodeGorilla(bytes, column.size(), decoded.timestamps_ms.data(), decoded.values.data())
             .ok() &&
         decoded.timestamps_ms == column.timestamps_ms && SameBits(decoded.values, column.values);
}

TEST_SUITE("storage/encoding/gorilla") {
  TEST_CASE("every special bit pattern comes back in any neighbourhood") {
    const double specials[] = {0.0,
                               -0.0,
                               1.0,
                               StaleMarker(),
                               std::bit_cast<double>(uint64_t{0x7ff8000000000001}),
                               std::bit_cast<double>(uint64_t{0xfff7ffffffffffff}),
                               std::bit_cast<double>(~uint64_t{0}),
                               std::bit_cast<double>(uint64_t{1}),
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::denorm_min()};
    for (const double a : specials) {
      for (const double b : specials) {
        for (const double c : specials) {
          Column column;
          int64_t timestamp_ms = 1'700'000'000'000;
          for (const double value : {a, b, c, b, a, a, 42.5}) {
            column.Add(timestamp_ms += 15'000, value);
          }
          REQUIRE(RoundTrips(column));
        }
      }
    }
  }

  TEST_CASE("timestamps come back at every change of step, also backwards and at the limits") {
    std::vector<int64_t> changes = {0};
    for (int bit = 0; bit < 63; ++bit) {
      for (const int64_t around : {-1, 0, 1}) {
        changes.push_back((int64_t{1} << bit) + around);
        changes.push_back(-(int64_t{1} << bit) + around);
      }
    }
    Column column;
    int64_t timestamp_ms = 0;
    uint64_t step = 0;
    for (const int64_t change : changes) {
      for (int repeat = 0; repeat < 2; ++repeat) {
        step += repeat == 0 ? static_cast<uint64_t>(change) : 0;
        timestamp_ms = static_cast<int64_t>(static_cast<uint64_t>(timestamp_ms) + step);
        column.Add(timestamp_ms, repeat);
      }
    }
    column.Add(std::numeric_limits<int64_t>::min(), 1);
    column.Add(std::numeric_limits<int64_t>::max(), 2);
    column.Add(std::numeric_limits<int64_t>::min(), 2);
    CHECK(RoundTrips(column));
  }

  TEST_CASE("random walks, jitter and raw bits come back") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 400; ++round) {
      Column column;
      const size_t count = 1 + random() % 500;
      const int jitter_ms = round % 4 == 0 ? 0 : 1 << (random() % 20);
      int64_t timestamp_ms = static_cast<int64_t>(random() % 2'000'000'000'000);
      double value = 0;
      for (size_t i = 0; i < count; ++i) {
        timestamp_ms += 15'000 + (jitter_ms == 0 ? 0 : static_cast<int64_t>(random() % jitter_ms));
        switch (round % 5) {
          case 0:
            value += static_cast<double>(random() % 20);
            break;
          case 1:
            value += std::bit_cast<double>((random() >> 12) | 0x3ff0000000000000);
            break;
          case 2:
            value = std::bit_cast<double>(random());
            break;
          case 3:
            value = static_cast<double>(random() % 2);
            break;
          default:
            value = random() % 9 == 0 ? StaleMarker() : value / 3 + 1;
            break;
        }
        column.Add(timestamp_ms, value);
      }
      REQUIRE(RoundTrips(column));
    }
  }

  TEST_CASE("an open chunk is readable after every sample and says what was last appended") {
    GorillaEncoder encoder;
    CHECK(encoder.empty());
    Column column;
    for (int i = 0; i < 150; ++i) {
      column.Add(1'700'000'000'000 + i * 15'000 + i % 3, i % 4 == 0 ? i : std::sqrt(i));
      encoder.Append(column.timestamps_ms.back(), column.values.back());
      CHECK(encoder.count() == column.size());
      CHECK(encoder.last_timestamp_ms() == column.timestamps_ms.back());
      CHECK(encoder.last_value() == column.values.back());
      CHECK(encoder.first_timestamp_ms() == column.timestamps_ms.front());
      const std::string snapshot(encoder.bytes());
      Column decoded;
      decoded.timestamps_ms.resize(column.size());
      decoded.values.resize(column.size());
      REQUIRE(DecodeGorilla(snapshot, column.size(), decoded.timestamps_ms.data(),
                            decoded.values.data())
                  .ok());
      REQUIRE(decoded.timestamps_ms == column.timestamps_ms);
      REQUIRE(SameBits(decoded.values, column.values));
    }
    CHECK(encoder.Seal() == Encode(column));
    CHECK(encoder.empty());
    CHECK(encoder.capacity_bytes() == 0);
  }

  TEST_CASE("a cleared encoder keeps its buffer and starts a chunk like a new one") {
    GorillaEncoder encoder;
    for (int i = 0; i < 100; ++i) encoder.Append(i * 1000 + i * i, std::sin(i));
    const size_t capacity_bytes = encoder.capacity_bytes();
    encoder.Clear();
    CHECK(encoder.empty());
    CHECK(encoder.bytes().empty());
    CHECK(encoder.capacity_bytes() == capacity_bytes);
    encoder.Append(5, 2.5);
    GorillaEncoder fresh;
    fresh.Append(5, 2.5);
    CHECK(encoder.bytes() == fresh.bytes());
    GorillaEncoder moved(std::move(encoder));
    CHECK(moved.bytes() == fresh.bytes());
    moved = std::move(fresh);
    CHECK(moved.count() == 1);
  }

  TEST_CASE("a sample that goes on as before costs one bit and the buffer fits closely") {
    GorillaEncoder encoder;
    for (int i = 0; i < 2 + 120; ++i) encoder.Append(1'700'000'000'000 + i * 15'000, 1.0);
    CHECK(encoder.bytes().size() <= 6 + 7 + 120 / 8);
    CHECK(encoder.capacity_bytes() <= encoder.bytes().size() + 16);
  }

  TEST_CASE("a stream cut off anywhere is an error or ends inside the padding of its last byte") {
    Column column;
    for (int i = 0; i < 60; ++i) column.Add(i * 15'000 + i * i % 7, i % 5 == 0 ? 7 : i * 0.1);
    const std::string bytes = Encode(column);
    std::vector<int64_t> timestamps_ms(column.size());
    std::vector<double> values(column.size());
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      CHECK_FALSE(DecodeGorilla(std::string_view(bytes).substr(0, cut), column.size(),
                                timestamps_ms.data(), values.data())
                      .ok());
    }
    CHECK(DecodeGorilla("", 0, nullptr, nullptr).ok());
  }

  TEST_CASE("values alone come back bit by bit, and cut off they are an error") {
    std::mt19937_64 random(7);
    std::vector<double> values;
    for (int i = 0; i < 1000; ++i) {
      values.push_back(i % 10 == 0      ? StaleMarker()
                       : i % 3 == 0     ? std::bit_cast<double>(random())
                       : values.empty() ? -0.0
                                        : values.back());
    }
    std::string bytes;
    EncodeGorillaValues(values, &bytes);
    std::vector<double> decoded(values.size());
    REQUIRE(DecodeGorillaValues(bytes, values.size(), decoded.data()).ok());
    CHECK(SameBits(decoded, values));
    bytes.pop_back();
    CHECK_FALSE(DecodeGorillaValues(bytes, values.size(), decoded.data()).ok());
  }
}

}  // namespace
}  // namespace varve::storage
