// Histograms as streams and as chunks: everything comes back to the bit, whatever its layout.
#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/encoding/histogram_chunk.h"
#include "storage/encoding/histogram_stream.h"
#include "storage/model/sample.h"
#include "tests/support/random_histograms.h"

namespace varve::storage {
namespace {

std::vector<HistogramPtr> Random(uint64_t seed, size_t count) {
  RandomHistograms source(seed);
  std::vector<HistogramPtr> histograms;
  for (size_t i = 0; i < count; ++i) {
    histograms.push_back(std::make_shared<const Histogram>(source.Next()));
    REQUIRE(ValidateHistogram(*histograms.back()).ok());
  }
  return histograms;
}

bool Same(const std::vector<HistogramPtr>& a, const std::vector<HistogramPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return SameHistogram(*x, *y); });
}

std::string Stream(const std::vector<HistogramPtr>& histograms) {
  HistogramStreamEncoder encoder;
  for (const HistogramPtr& histogram : histograms) encoder.Append(*histogram);
  REQUIRE(encoder.count() == histograms.size());
  return encoder.Seal();
}

// Slowly growing counts of one layout of `buckets` buckets.
std::vector<HistogramPtr> Growing(size_t count, size_t buckets) {
  std::mt19937_64 random(7);
  std::vector<HistogramPtr> histograms;
  Histogram histogram;
  histogram.schema = 3;
  histogram.zero_threshold = std::ldexp(1.0, -128);
  histogram.positive_spans = {{-10, static_cast<uint32_t>(buckets)}};
  histogram.positive_counts.assign(buckets, 1000);
  histogram.count = 1000.0 * static_cast<double>(buckets);
  for (size_t i = 0; i < count; ++i) {
    for (double& bucket : histogram.positive_counts) {
      const auto step = static_cast<double>(random() % 3);
      bucket += step;
      histogram.count += step;
      histogram.sum += step * 0.25;
    }
    histograms.push_back(std::make_shared<const Histogram>(histogram));
  }
  return histograms;
}

}  // namespace

TEST_SUITE("storage/encoding/histogram_stream") {
  TEST_CASE("random histograms come back to the bit") {
    const uint64_t seed = std::random_device()();
    CAPTURE(seed);
    for (uint64_t i = 0; i < 50; ++i) {
      const std::vector<HistogramPtr> histograms = Random(seed + i, 1 + i * 7);
      const std::string bytes = Stream(histograms);
      HistogramStreamDecoder decoder(bytes);
      for (const HistogramPtr& histogram : histograms) {
        REQUIRE(decoder.Next());
        REQUIRE(SameHistogram(decoder.histogram(), *histogram));
      }
      CHECK(decoder.AtEnd());
      CHECK(!decoder.Next());
    }
  }

  TEST_CASE("a layout is written once, a bucket that grows takes a byte") {
    const std::vector<HistogramPtr> histograms = Growing(101, 40);
    const size_t first = Stream({histograms[0]}).size();
    const size_t per_histogram = (Stream(histograms).size() - first) / 100;
    CHECK(first < 60);
    CHECK(per_histogram < 52);
  }

  TEST_CASE("after Restart the counts do not depend on those before") {
    HistogramStreamEncoder encoder;
    const std::vector<HistogramPtr> histograms = Growing(2, 5);
    encoder.Append(*histograms[0]);
    encoder.Restart();
    encoder.Append(*histograms[0]);
    encoder.Append(*histograms[1]);
    HistogramStreamDecoder decoder(encoder.bytes());
    for (const size_t i : {0, 0, 1}) {
      REQUIRE(decoder.Next());
      CHECK(SameHistogram(decoder.histogram(), *histograms[i]));
    }
    CHECK(decoder.AtEnd());
  }

  TEST_CASE("counts beyond 2^53 and negative zeros are kept as doubles") {
    Histogram histogram;
    histogram.positive_spans = {{0, 2}};
    for (const double count : {0x1p53, 0x1p53 + 2, 0x1p60, -0.0, 0.0}) {
      histogram.positive_counts = {count, 1};
      HistogramStreamEncoder encoder;
      encoder.Append(histogram);
      encoder.Append(histogram);
      HistogramStreamDecoder decoder(encoder.bytes());
      for (int i = 0; i < 2; ++i) {
        REQUIRE(decoder.Next());
        CHECK(SameHistogram(decoder.histogram(), histogram));
      }
    }
  }

  TEST_CASE("damaged streams never come to harm") {
    const std::string bytes = Stream(Random(3, 60));
    std::mt19937_64 random(5);
    for (int i = 0; i < 2000; ++i) {
      std::string damaged = bytes.substr(0, random() % (bytes.size() + 1));
      if (!damaged.empty())
        damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
      HistogramStreamDecoder decoder(damaged);
      while (decoder.Next()) CHECK(decoder.histogram().positive_counts.size() <= 8192);
    }
  }
}

TEST_SUITE("storage/encoding/histogram_chunk") {
  TEST_CASE("random histograms come back to the bit, whole and in part") {
    const uint64_t seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (uint64_t i = 0; i < 60; ++i) {
      const size_t count = i < 20 ? i + 1 : 1 + random() % kHistogramChunkCountMax;
      const std::vector<HistogramPtr> histograms = Random(seed + i, count);
      std::string bytes = "before";
      EncodeHistograms(histograms, &bytes);
      bytes.erase(0, 6);
      std::vector<HistogramPtr> decoded;
      REQUIRE(DecodeHistograms(bytes, count, 0, count, &decoded).ok());
      REQUIRE(Same(histograms, decoded));
      const size_t begin = random() % count;
      const size_t end = begin + random() % (count - begin + 1);
      decoded.clear();
      REQUIRE(DecodeHistograms(bytes, count, begin, end, &decoded).ok());
      const auto at = [&](size_t offset) {
        return histograms.begin() + static_cast<ptrdiff_t>(offset);
      };
      CHECK(Same({at(begin), at(end)}, decoded));
      CHECK(!DecodeHistograms(bytes + "x", count, 0, count, &decoded).ok());
      CHECK(!DecodeHistograms(bytes.substr(0, bytes.size() - 1), count, 0, count, &decoded).ok());
    }
  }

  TEST_CASE("forty buckets that grow by 0 to 2 take two bits each") {
    const std::vector<HistogramPtr> histograms = Growing(720, 40);
    std::string bytes;
    CHECK(EncodeHistograms(histograms, &bytes) == HistogramCodec::kColumns);
    const double per_histogram = static_cast<double>(bytes.size()) / 720;
    CHECK(per_histogram < 40 * 2 / 8 + 4);
  }

  TEST_CASE("a bucket that appears begins a column and leaves the others whole") {
    std::vector<HistogramPtr> histograms = Growing(720, 20);
    std::string before;
    EncodeHistograms(histograms, &before);
    for (size_t i = 360; i < 720; ++i) {
      Histogram wider = *histograms[i];
      wider.positive_spans = {{-12, 1}, {1, 20}, {3, 1}};
      wider.positive_counts.insert(wider.positive_counts.begin(), 1);
      wider.positive_counts.push_back(2);
      wider.count += 3;
      histograms[i] = std::make_shared<const Histogram>(std::move(wider));
    }
    std::string after;
    CHECK(EncodeHistograms(histograms, &after) == HistogramCodec::kColumns);
    CHECK(after.size() < before.size() + 40);
    std::vector<HistogramPtr> decoded;
    REQUIRE(DecodeHistograms(after, 720, 0, 720, &decoded).ok());
    CHECK(Same(histograms, decoded));
  }

  TEST_CASE("stale markers share one layout, and hints are runs") {
    std::vector<HistogramPtr> histograms = Growing(600, 30);
    std::string before;
    EncodeHistograms(histograms, &before);
    Histogram stale;
    stale.sum = StaleMarker();
    for (size_t i = 50; i < 600; i += 50) histograms[i] = std::make_shared<const Histogram>(stale);
    std::string after;
    EncodeHistograms(histograms, &after);
    CHECK(after.size() < before.size() * 4 / 3);
    std::vector<HistogramPtr> decoded;
    REQUIRE(DecodeHistograms(after, 600, 0, 600, &decoded).ok());
    CHECK(Same(histograms, decoded));
    CHECK(IsStaleMarker(decoded[50]->sum));
  }

  TEST_CASE("damaged chunks never come to harm") {
    std::mt19937_64 random(9);
    for (const size_t count : {5, 100}) {
      std::string bytes;
      EncodeHistograms(Random(count, count), &bytes);
      for (int i = 0; i < 2000; ++i) {
        std::string damaged = bytes.substr(0, random() % (bytes.size() + 1));
        if (!damaged.empty()) {
          damaged[random() % damaged.size()] ^= static_cast<char>(1 << random() % 8);
        }
        std::vector<HistogramPtr> decoded;
        if (DecodeHistograms(damaged, count, 0, count, &decoded).ok()) {
          CHECK(decoded.size() == count);
        }
      }
    }
  }
}

}  // namespace varve::storage
