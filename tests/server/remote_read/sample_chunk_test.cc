#include "server/remote_read/sample_chunk.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include "tests/server/remote_read/chunk_reader.h"

namespace varve::server {
namespace {

using storage::CounterResetHint;
using storage::Histogram;
using storage::HistogramPtr;

void CheckXorChunk(const std::vector<int64_t>& times, const std::vector<double>& values) {
  const SampleChunk chunk = EncodeXorChunk(times, values);
  CHECK(chunk.min_time_ms == times.front());
  CHECK(chunk.max_time_ms == times.back());
  const std::vector<storage::Sample> samples = ReadXorChunk(chunk.data);
  REQUIRE(samples.size() == times.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    CHECK(samples[i].timestamp_ms == times[i]);
    CHECK(std::bit_cast<uint64_t>(samples[i].value) == std::bit_cast<uint64_t>(values[i]));
  }
}

std::shared_ptr<Histogram> Integers(std::vector<double> counts) {
  auto histogram = std::make_shared<Histogram>();
  histogram->schema = 1;
  histogram->zero_threshold = std::ldexp(1, -128);
  histogram->zero_count = 1;
  histogram->positive_spans = {{-2, static_cast<uint32_t>(counts.size())}};
  histogram->positive_counts = std::move(counts);
  histogram->count = 1;
  for (const double count : histogram->positive_counts) histogram->count += count;
  histogram->sum = histogram->count * 1.5;
  return histogram;
}

}  // namespace

TEST_SUITE("server/remote_read/sample_chunk") {
  TEST_CASE("one sample, two, and the widths of all kinds of steps") {
    CheckXorChunk({-5}, {1.5});
    CheckXorChunk({1000, 1000000}, {0, -0.0});
    CheckXorChunk({0, 1000, 2000, 3001, 12192, 30000, 95536, 95537, 700000, 1 << 30},
                  {1, 1, 2, std::numeric_limits<double>::infinity(), storage::StaleMarker(), 0.1,
                   0.1, -1e300, 5e-324, 3});
    // Deltas of deltas at the edges of the fields.
    for (const int64_t step : {8191, 8192, 8193, -8191, -8192, 65535, 65536, 65537, 524287, 524288,
                               524289, -524287, -524288}) {
      CheckXorChunk({0, 1'000'000, 2'000'000 + step}, {1, 2, 3});
    }
  }

  TEST_CASE("random samples come back") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
      std::vector<int64_t> times;
      std::vector<double> values;
      int64_t time_ms = static_cast<int64_t>(random() % 2'000'000'000'000);
      double value = 0;
      const size_t count = 1 + random() % kChunkSamplesMax;
      for (size_t i = 0; i < count; ++i) {
        time_ms +=
            1 + static_cast<int64_t>(random() % 4 == 0 ? random() >> (random() % 40 + 20) : 15'000);
        value = random() % 3 == 0 ? std::bit_cast<double>(random()) : value + 1;
        times.push_back(time_ms);
        values.push_back(value);
      }
      CheckXorChunk(times, values);
    }
  }

  TEST_CASE("a chunk of integer histograms, number by number") {
    const std::vector<HistogramPtr> histograms = {Integers({1, 2, 3}), Integers({2, 2, 5}),
                                                  Integers({2, 3, 9})};
    REQUIRE(HistogramRun(histograms) == 3);
    const SampleChunk chunk =
        EncodeHistogramChunk(std::vector<int64_t>{1000, 2000, 3005}, histograms);
    CHECK(chunk.encoding == ChunkEncoding::kHistogram);
    ChunkReader reader(chunk.data);
    CHECK(reader.Bits(16) == 3);
    CHECK(reader.Bits(8) == 0);
    CHECK(reader.Bits(8) == 243 - 127);  // 2^-128 is a half of 2^-127
    CHECK(reader.VarbitInt() == 1);
    CHECK(reader.VarbitUint() == 1);
    CHECK(reader.VarbitUint() == 3);
    CHECK(reader.VarbitInt() == -2);
    CHECK(reader.VarbitUint() == 0);
    ChunkReader::FloatColumn sum;
    const auto numbers = [&](bool first) {
      std::vector<int64_t> read = {reader.VarbitInt()};
      read.push_back(first ? static_cast<int64_t>(reader.VarbitUint()) : reader.VarbitInt());
      read.push_back(first ? static_cast<int64_t>(reader.VarbitUint()) : reader.VarbitInt());
      if (first) {
        sum.last = reader.Float();
      } else {
        reader.Xor(&sum);
      }
      for (int i = 0; i < 3; ++i) read.push_back(reader.VarbitInt());
      return read;
    };
    CHECK(numbers(true) == std::vector<int64_t>{1000, 7, 1, 1, 1, 1});
    CHECK(sum.last == 10.5);
    CHECK(numbers(false) == std::vector<int64_t>{1000, 3, 0, 1, -1, 2});
    CHECK(sum.last == 15);
    CHECK(numbers(false) == std::vector<int64_t>{5, 2, 0, -1, 2, 1});
    CHECK(sum.last == 22.5);
    CHECK_FALSE(reader.at_end());
  }

  TEST_CASE("a chunk of float histograms with custom buckets") {
    auto histogram = std::make_shared<Histogram>();
    histogram->is_float = true;
    histogram->reset_hint = CounterResetHint::kGauge;
    histogram->schema = storage::kCustomBucketsSchema;
    histogram->custom_values = {0.005, 1.0 / 3};
    histogram->positive_spans = {{0, 1}};
    histogram->positive_counts = {2.5};
    histogram->count = 2.5;
    histogram->sum = 0.25;
    const std::vector<HistogramPtr> histograms = {histogram, histogram};
    const SampleChunk chunk = EncodeHistogramChunk(std::vector<int64_t>{10, 20}, histograms);
    CHECK(chunk.encoding == ChunkEncoding::kFloatHistogram);
    ChunkReader reader(chunk.data);
    CHECK(reader.Bits(16) == 2);
    CHECK(reader.Bits(8) == 0b1100'0000);
    CHECK(reader.Bits(8) == 0);
    CHECK(reader.VarbitInt() == -53);
    CHECK(reader.VarbitUint() == 1);
    CHECK(reader.VarbitUint() == 1);
    CHECK(reader.VarbitInt() == 0);
    CHECK(reader.VarbitUint() == 0);
    CHECK(reader.VarbitUint() == 2);
    CHECK(reader.VarbitUint() == 6);  // 0.005 is five thousandths
    CHECK(reader.Bits(1) == 0);
    CHECK(reader.Float() == 1.0 / 3);
    CHECK(reader.VarbitInt() == 10);
    for (const double expected : {2.5, 0.0, 0.25, 2.5}) CHECK(reader.Float() == expected);
    CHECK(reader.VarbitInt() == 10);
    CHECK(reader.Bits(4) == 0);
  }

  TEST_CASE("a run ends where a reader would misunderstand what follows") {
    const auto run = [](std::vector<HistogramPtr> histograms) { return HistogramRun(histograms); };
    CHECK(run({Integers({1, 2}), Integers({1, 2})}) == 2);
    CHECK(run({Integers({1, 2}), Integers({0, 3})}) == 1);     // one bucket was reset
    CHECK(run({Integers({1, 2}), Integers({1, 2, 3})}) == 1);  // other buckets
    const auto reset = Integers({5, 5});
    reset->reset_hint = CounterResetHint::kReset;
    CHECK(run({Integers({1, 2}), reset}) == 1);
    CHECK(run({reset, Integers({5, 6})}) == 2);
    const auto gauge = Integers({1, 1});
    gauge->reset_hint = CounterResetHint::kGauge;
    CHECK(run({Integers({1, 1}), gauge}) == 1);
    const auto stale = Integers({1, 2});
    stale->sum = storage::StaleMarker();
    CHECK(run({Integers({1, 2}), stale}) == 1);
    CHECK(run({stale, stale}) == 1);
    const SampleChunk chunk =
        EncodeHistogramChunk(std::vector<int64_t>{10}, std::vector<HistogramPtr>{stale});
    ChunkReader reader(chunk.data);
    reader.Bits(32);
    CHECK(reader.VarbitInt() == 0);
    CHECK(reader.VarbitUint() == 0);
    CHECK(reader.VarbitUint() == 0);
    CHECK(reader.VarbitInt() == 10);
    CHECK(reader.VarbitUint() == 0);
    CHECK(reader.VarbitUint() == 0);
    CHECK(storage::IsStaleMarker(reader.Float()));
  }
}

}  // namespace varve::server
