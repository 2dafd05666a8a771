#include "tools/prometheus_block/chunk_decoder.h"

#include <doctest/doctest.h>

#include <bit>
#include <random>

#include "tests/tools/prometheus_block/chunk_writer.h"

namespace varve::tools {
namespace {

using storage::Histogram;
using storage::HistogramSample;

SeriesSamples Decoded(uint8_t encoding, const std::string& data) {
  SeriesSamples samples;
  const absl::Status status = DecodeChunk(encoding, data, &samples);
  INFO(status.ToString());
  REQUIRE(status.ok());
  return samples;
}

void CheckFloats(const std::vector<storage::Sample>& samples) {
  const SeriesSamples read = Decoded(kXorChunk, WriteXorChunk(samples));
  REQUIRE(read.floats.size() == samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    REQUIRE(read.floats[i].timestamp_ms == samples[i].timestamp_ms);
    REQUIRE(std::bit_cast<uint64_t>(read.floats[i].value) ==
            std::bit_cast<uint64_t>(samples[i].value));
  }
}

void CheckHistograms(const std::vector<HistogramSample>& samples) {
  const bool is_float = samples[0].histogram.is_float;
  const SeriesSamples read =
      Decoded(is_float ? kFloatHistogramChunk : kHistogramChunk, WriteHistogramChunk(samples));
  REQUIRE(read.histograms.size() == samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const Histogram& mine = read.histograms[i].histogram;
    const Histogram& want = samples[i].histogram;
    REQUIRE(read.histograms[i].timestamp_ms == samples[i].timestamp_ms);
    REQUIRE(std::bit_cast<uint64_t>(mine.sum) == std::bit_cast<uint64_t>(want.sum));
    REQUIRE(mine.is_float == is_float);
    if (storage::IsStaleMarker(want.sum)) continue;
    REQUIRE(mine.schema == want.schema);
    REQUIRE(mine.zero_threshold == want.zero_threshold);
    REQUIRE(mine.count == want.count);
    REQUIRE(mine.zero_count == want.zero_count);
    REQUIRE(mine.positive_spans == want.positive_spans);
    REQUIRE(mine.negative_spans == want.negative_spans);
    REQUIRE(mine.positive_counts == want.positive_counts);
    REQUIRE(mine.negative_counts == want.negative_counts);
    REQUIRE(mine.custom_values == want.custom_values);
  }
}

std::vector<HistogramSample> RandomHistograms(std::mt19937_64* random, bool is_float) {
  const auto below = [&](uint64_t most) { return (*random)() % most; };
  Histogram layout;
  layout.is_float = is_float;
  layout.schema = static_cast<int32_t>(below(13)) - 4;
  if (below(4) == 0) {
    layout.schema = storage::kCustomBucketsSchema;
    layout.custom_values = {-1.5, 0.005, 0.1, 1.0 / 3, 25, 1e9};
  }
  layout.zero_threshold = below(3) == 0 ? 0 : below(2) == 0 ? 0x1p-128 : 0.1;
  size_t positive = 0;
  size_t negative = 0;
  const auto add_spans = [&](auto* spans, size_t* buckets) {
    for (uint64_t i = 0; i < below(4); ++i) {
      spans->push_back({static_cast<int32_t>(below(2000)) - (i == 0 ? 1000 : 0),
                        static_cast<uint32_t>(below(5))});
      *buckets += spans->back().length;
    }
  };
  add_spans(&layout.positive_spans, &positive);
  add_spans(&layout.negative_spans, &negative);
  std::vector<HistogramSample> samples(1 + below(150));
  int64_t time_ms = static_cast<int64_t>(below(1'000'000'000'000));
  const auto number = [&] {
    const auto whole = static_cast<double>(below(below(10) == 0 ? 1ULL << 50 : 1000));
    return is_float ? whole / 7 : whole;
  };
  for (HistogramSample& sample : samples) {
    sample.timestamp_ms = time_ms += static_cast<int64_t>(below(5) == 0 ? below(100'000) : 15'000);
    sample.histogram = layout;
    sample.histogram.count = number();
    sample.histogram.zero_count = number();
    sample.histogram.sum = number() - 100;
    for (size_t i = 0; i < positive; ++i) sample.histogram.positive_counts.push_back(number());
    for (size_t i = 0; i < negative; ++i) sample.histogram.negative_counts.push_back(number());
  }
  if (samples.size() > 3 && below(2) == 0) {
    Histogram& last = samples.back().histogram;  // as a scrape ends a series
    last = {};
    last.is_float = is_float;
    last.sum = storage::StaleMarker();
  }
  return samples;
}

TEST_SUITE("tools/prometheus_block/chunk_decoder") {
  TEST_CASE("floats come back with their times, bit by bit") {
    CheckFloats({{0, 0}});
    CheckFloats({{-5, -0.0}, {1'795'248'000'000, storage::StaleMarker()}});
    CheckFloats({{1, 1}, {2, 1}, {3, 1}, {8196, 2}, {8197, 3}, {1'000'000'000'000, -1e300}});
    std::random_device device;
    const uint64_t seed = device();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
      std::vector<storage::Sample> samples(1 + random() % 300);
      int64_t time_ms = static_cast<int64_t>(random() % 2'000'000'000'000) - 1000;
      double value = 0;
      for (storage::Sample& sample : samples) {
        time_ms += static_cast<int64_t>(random() % 8 == 0 ? random() % 10'000'000 : 15'000);
        switch (random() % 4) {
          case 0:
            value = std::bit_cast<double>(random());
            break;
          case 1:
            value += 1;
            break;
          default:
            break;
        }
        sample = {time_ms, value};
      }
      CheckFloats(samples);
    }
  }

  TEST_CASE("histograms of integers and of floats come back") {
    std::random_device device;
    const uint64_t seed = device();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 400; ++round) {
      CheckHistograms(RandomHistograms(&random, round % 2 == 0));
    }
  }

  TEST_CASE("a gauge stays one, and a counter knows where it may have been reset") {
    std::mt19937_64 random(1);
    std::vector<HistogramSample> samples = RandomHistograms(&random, false);
    while (samples.size() < 2) samples = RandomHistograms(&random, false);
    SeriesSamples read = Decoded(kHistogramChunk, WriteHistogramChunk(samples));
    CHECK(read.histograms[0].histogram.reset_hint == storage::CounterResetHint::kUnknown);
    CHECK(read.histograms[1].histogram.reset_hint == storage::CounterResetHint::kNotReset);
    samples[0].histogram.reset_hint = storage::CounterResetHint::kGauge;
    read = Decoded(kHistogramChunk, WriteHistogramChunk(samples));
    CHECK(read.histograms[0].histogram.reset_hint == storage::CounterResetHint::kGauge);
    CHECK(read.histograms[1].histogram.reset_hint == storage::CounterResetHint::kGauge);
  }

  TEST_CASE("a chunk that is cut off is damage, an unknown encoding is not known") {
    std::mt19937_64 random(2);
    std::vector<HistogramSample> histograms = RandomHistograms(&random, true);
    const std::string floats = WriteXorChunk({{1000, 1}, {2000, 7.25}, {3000, -1}});
    const std::string buckets = WriteHistogramChunk(histograms);
    for (size_t size = 0; size + 1 < floats.size(); ++size) {
      SeriesSamples samples;
      CHECK(absl::IsDataLoss(DecodeChunk(kXorChunk, floats.substr(0, size), &samples)));
    }
    for (size_t size = 0; size + 1 < buckets.size(); ++size) {
      SeriesSamples samples;
      CHECK(absl::IsDataLoss(DecodeChunk(kFloatHistogramChunk, buckets.substr(0, size), &samples)));
    }
    SeriesSamples samples;
    CHECK(absl::IsUnimplemented(DecodeChunk(9, floats, &samples)));
  }
}

}  // namespace
}  // namespace varve::tools
