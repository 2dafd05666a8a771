#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "storage/model/sample.h"
#include "storage/wal/entry_record.h"
#include "storage/wal/sample_record.h"

namespace varve::storage {
namespace {

struct PlainSample {
  uint64_t ref;
  int64_t timestamp;
  uint64_t bits;
  friend bool operator==(const PlainSample&, const PlainSample&) = default;
};

std::vector<PlainSample> Decoded(const SampleRecordDecoder& decoder) {
  std::vector<PlainSample> samples;
  for (const auto& series : decoder.series()) {
    for (uint32_t i = series.begin; i < series.end; ++i) {
      samples.push_back(
          {series.ref, decoder.timestamps_ms()[i], std::bit_cast<uint64_t>(decoder.values()[i])});
    }
  }
  return samples;
}

}  // namespace

TEST_SUITE("storage/wal/sample_record") {
  TEST_CASE("every value and timestamp comes back bit for bit") {
    const int64_t int64_min = std::numeric_limits<int64_t>::min();
    const int64_t int64_max = std::numeric_limits<int64_t>::max();
    std::vector<uint64_t> bits = {kStaleMarkerBits,   0x7ff8dead0000beef, 0xfff0000000000001, 1,
                                  0x000fffffffffffff, 0xffffffffffffffff};
    for (const double value : {0.0, -0.0, 1.0, -1.0, 0.1, 1e300, 5e-324, HUGE_VAL, -HUGE_VAL, 255.0,
                               256.0, 0x1p46, 0x1p47, -0x1p47, 0x1p53, 0x1p62, 0x1p63, -0x1p63}) {
      bits.push_back(std::bit_cast<uint64_t>(value));
      bits.push_back(std::bit_cast<uint64_t>(value + 1));
      bits.push_back(std::bit_cast<uint64_t>(value));
      bits.push_back(std::bit_cast<uint64_t>(value));
    }
    SampleRecordEncoder encoder;
    std::vector<PlainSample> expected;
    const int64_t times[] = {0, int64_max, int64_min, -1, 1, 1'700'000'000'000, 1'700'000'000'000};
    for (size_t i = 0; i < bits.size(); ++i) {
      const uint64_t ref = i % 3 == 0 ? i : std::numeric_limits<uint64_t>::max() - i;
      encoder.Begin(ref);
      for (size_t j = 0; j < i % 4; ++j) {
        expected.push_back({ref, times[(i + j) % 7], bits[i]});
        encoder.Add(expected.back().timestamp, std::bit_cast<double>(bits[i]));
      }
    }
    const LabelSet labels{{"__name__", "up"}, {"job", "node"}};
    encoder.Define(7, labels);
    std::string payload = "before";
    encoder.Finish(&payload);
    SampleRecordDecoder decoder;
    REQUIRE(decoder.Decode(std::string_view(payload).substr(6)).ok());
    CHECK(Decoded(decoder) == expected);
    REQUIRE(decoder.definitions().size() == 1);
    CHECK(decoder.definitions()[0].ref == 7);
    CHECK(decoder.definitions()[0].labels == labels.view());
  }

  TEST_CASE("an empty record and a reused encoder work") {
    SampleRecordEncoder encoder;
    SampleRecordDecoder decoder;
    for (int round = 0; round < 3; ++round) {
      std::string payload;
      encoder.Finish(&payload);
      REQUIRE(decoder.Decode(payload).ok());
      CHECK(decoder.series().empty());
      payload.clear();
      encoder.Begin(5);
      encoder.Add(10, 1.5);
      encoder.Finish(&payload);
      REQUIRE(decoder.Decode(payload).ok());
      CHECK(Decoded(decoder) == std::vector<PlainSample>{{5, 10, std::bit_cast<uint64_t>(1.5)}});
    }
  }

  TEST_CASE("a scrape batch of counters takes at most six bytes a sample") {
    std::mt19937_64 random(1);
    SampleRecordEncoder encoder;
    for (uint64_t ref = 1; ref <= 2000; ++ref) {
      encoder.Begin(ref);
      const double value = ref % 3 == 0 ? 0 : static_cast<double>(random() % 10'000'000);
      encoder.Add(1'700'000'000'000, value);
    }
    std::string payload;
    encoder.Finish(&payload);
    CHECK(payload.size() < 2000 * 5);
  }

  TEST_CASE("a damaged or cut payload is refused or read, never more than it holds") {
    std::mt19937_64 random(11);
    SampleRecordEncoder encoder;
    for (uint64_t ref = 0; ref < 30; ++ref) {
      encoder.Begin(ref * 3);
      for (uint64_t i = 0; i < ref % 3; ++i) encoder.Add(static_cast<int64_t>(random() % 100), 0.1);
    }
    encoder.Define(1, LabelSet{{"a", "b"}});
    std::string payload;
    encoder.Finish(&payload);
    SampleRecordDecoder decoder;
    for (size_t length = 0; length < payload.size(); ++length) {
      CHECK(absl::IsDataLoss(decoder.Decode(std::string_view(payload).substr(0, length))));
    }
    for (size_t i = 0; i < 8 * payload.size(); ++i) {
      std::string damaged = payload;
      damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ 1 << i % 8);
      decoder.Decode(damaged).IgnoreError();
    }
  }
}

TEST_SUITE("storage/wal/entry_record") {
  TEST_CASE("lines, times and metadata come back byte for byte") {
    EntryRecordEncoder encoder;
    EntryRecordDecoder decoder;
    const LabelSet metadata{{"trace_id", "abc"}};
    const std::string binary("\0\xff\n\r", 4);
    for (const bool with_metadata : {false, true}) {
      for (const size_t repeat : {size_t{1}, size_t{500}}) {
        encoder.Define(9, LabelSet{{"app", "x"}});
        encoder.Begin(9);
        for (size_t i = 0; i < repeat; ++i) {
          encoder.Add({.timestamp_ns = std::numeric_limits<int64_t>::max(),
                       .line = "same line",
                       .metadata = {}});
          encoder.Add({.timestamp_ns = std::numeric_limits<int64_t>::min(),
                       .line = binary,
                       .metadata = with_metadata ? metadata.view() : LabelSetView()});
        }
        encoder.Begin(2);
        encoder.Begin(3);
        encoder.Add({.timestamp_ns = 5, .line = "", .metadata = {}});
        encoder.Seal();
        std::string payload;
        encoder.Finish(&payload);
        REQUIRE(decoder.Decode(payload).ok());
        REQUIRE(decoder.streams().size() == 3);
        CHECK(decoder.streams()[0].ref == 9);
        CHECK(decoder.streams()[1].ref == 2);
        CHECK(decoder.streams()[1].begin == decoder.streams()[1].end);
        REQUIRE(decoder.entries().size() == 2 * repeat + 1);
        for (size_t i = 0; i < repeat; ++i) {
          CHECK(decoder.entries()[2 * i].line == "same line");
          CHECK(decoder.entries()[2 * i].metadata.empty());
          CHECK(decoder.entries()[2 * i + 1].line == binary);
          CHECK(decoder.entries()[2 * i + 1].timestamp_ns == std::numeric_limits<int64_t>::min());
          CHECK(decoder.entries()[2 * i + 1].metadata.Get("trace_id") ==
                (with_metadata ? "abc" : ""));
        }
        CHECK(decoder.entries().back().line.empty());
        CHECK(decoder.entries().back().timestamp_ns == 5);
        REQUIRE(decoder.definitions().size() == 1);
        CHECK(decoder.definitions()[0].labels.Get("app") == "x");
      }
    }
  }

  TEST_CASE("a damaged or cut payload is refused or read, never more than it holds") {
    EntryRecordEncoder encoder;
    encoder.Define(9, LabelSet{{"app", "x"}});
    encoder.Begin(9);
    for (int i = 0; i < 20; ++i) {
      encoder.Add({.timestamp_ns = i, .line = "GET /index.html 200", .metadata = {}});
    }
    std::string payload;
    encoder.Finish(&payload);
    EntryRecordDecoder decoder;
    for (size_t length = 0; length < payload.size(); ++length) {
      CHECK(!decoder.Decode(std::string_view(payload).substr(0, length)).ok());
    }
    for (size_t i = 0; i < 8 * payload.size(); ++i) {
      std::string damaged = payload;
      damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ 1 << i % 8);
      decoder.Decode(damaged).IgnoreError();
    }
  }
}

}  // namespace varve::storage
