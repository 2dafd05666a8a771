#include "storage/wal/histogram_record.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>

#include "tests/support/random_histograms.h"

namespace varve::storage {
namespace {

struct Plain {
  uint64_t ref;
  int64_t timestamp_ms;
  Histogram histogram;
};

std::string Encode(const std::vector<Plain>& histograms, const LabelSet& labels) {
  HistogramRecordEncoder encoder;
  for (size_t i = 0; i < histograms.size(); ++i) {
    if (i == 0 || histograms[i].ref != histograms[i - 1].ref) encoder.Begin(histograms[i].ref);
    encoder.Add(histograms[i].timestamp_ms, histograms[i].histogram);
  }
  encoder.Define(17, labels);
  std::string payload;
  encoder.Finish(&payload);
  return payload;
}

std::vector<Plain> Random(uint64_t seed, size_t count) {
  RandomHistograms source(seed);
  std::mt19937_64 random(seed);
  std::vector<Plain> histograms;
  uint64_t ref = std::numeric_limits<uint64_t>::max() - 3;
  for (size_t i = 0; i < count; ++i) {
    if (random() % 3 == 0) ref += 1 + random() % 5;
    histograms.push_back({ref, static_cast<int64_t>(random()), source.Next()});
  }
  return histograms;
}

}  // namespace

TEST_SUITE("storage/wal/histogram_record") {
  TEST_CASE("every histogram, timestamp and reference comes back") {
    const uint64_t seed = std::random_device()();
    CAPTURE(seed);
    const LabelSet labels{{"__name__", "latency"}, {"job", "node"}};
    HistogramRecordDecoder decoder;
    for (uint64_t round = 0; round < 20; ++round) {
      const std::vector<Plain> expected = Random(seed + round, round * round);
      const std::string payload = Encode(expected, labels);
      REQUIRE(decoder.Decode(payload).ok());
      REQUIRE(decoder.definitions().size() == 1);
      CHECK(decoder.definitions()[0].ref == 17);
      CHECK(decoder.definitions()[0].labels == labels.view());
      REQUIRE(decoder.histograms().size() == expected.size());
      size_t i = 0;
      for (const auto& series : decoder.series()) {
        for (uint32_t j = series.begin; j < series.end; ++j, ++i) {
          CHECK(series.ref == expected[i].ref);
          CHECK(decoder.timestamps_ms()[j] == expected[i].timestamp_ms);
          CHECK(SameHistogram(decoder.histograms()[j], expected[i].histogram));
        }
      }
      CHECK(i == expected.size());
    }
  }

  TEST_CASE("histograms of one layout write it once, whatever series they are of") {
    Histogram histogram;
    histogram.schema = 3;
    histogram.positive_spans = {{-5, 3}, {2, 4}, {1, 1}};
    histogram.positive_counts = {100, 103, 99, 100, 100, 100, 100, 4};
    histogram.count = 706;
    std::vector<Plain> one = {{1, 1000, histogram}};
    std::vector<Plain> two = {{1, 1000, histogram}, {2, 1000, histogram}};
    CHECK(Encode(two, {}).size() - Encode(one, {}).size() < 20);
  }

  TEST_CASE("records that are cut short or changed are refused or read, never more") {
    const std::string payload = Encode(Random(4, 40), LabelSet{{"a", "b"}});
    HistogramRecordDecoder decoder;
    for (size_t size = 0; size < payload.size(); ++size) {
      CHECK(absl::IsDataLoss(decoder.Decode(payload.substr(0, size))));
    }
    CHECK(absl::IsDataLoss(decoder.Decode(payload + "x")));
    for (size_t bit = 0; bit < payload.size() * 8; ++bit) {
      std::string damaged = payload;
      damaged[bit / 8] ^= static_cast<char>(1 << bit % 8);
      const absl::Status status = decoder.Decode(damaged);
      CHECK((status.ok() || absl::IsDataLoss(status)));
    }
  }
}

}  // namespace varve::storage
