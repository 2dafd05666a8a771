// Parts of histograms: what is written comes back, by series and by range; damage is found.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/encoding/histogram_chunk.h"
#include "storage/io/simulated_file_system.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/histogram_part_writer.h"
#include "storage/metrics/metric_part_inspect.h"
#include "tests/support/random_histograms.h"

namespace varve::storage {
namespace {

constexpr char kPath[] = "parts/histograms.part";

struct Series {
  LabelSet labels;
  std::vector<int64_t> timestamps_ms;
  std::vector<HistogramPtr> histograms;
};

std::vector<Series> Random(uint64_t seed, size_t series_count, size_t samples_max) {
  std::mt19937_64 random(seed);
  std::vector<Series> all;
  for (size_t i = 0; i < series_count; ++i) {
    Series series;
    series.labels =
        LabelSet{{"__name__", i % 2 == 0 ? "latency" : "size"}, {"instance", std::to_string(i)}};
    RandomHistograms source(random());
    // Most series are scraped together.
    const int64_t phase_ms = i % 3 == 0 ? static_cast<int64_t>(i) : 0;
    const size_t samples = i % 5 == 0 ? 1 + random() % samples_max : samples_max;
    for (size_t k = 0; k < samples; ++k) {
      series.timestamps_ms.push_back(15'000 * static_cast<int64_t>(k) + phase_ms);
      series.histograms.push_back(std::make_shared<const Histogram>(source.Next()));
    }
    all.push_back(std::move(series));
  }
  std::sort(all.begin(), all.end(),
            [](const Series& a, const Series& b) { return a.labels < b.labels; });
  return all;
}

PartMetadata Write(FileSystem* files, const std::vector<Series>& all) {
  REQUIRE(files->CreateDirectory("parts").ok());
  auto writer = HistogramPartWriter::Open(files, kPath, {.part_id = 1}).value();
  for (const Series& series : all) {
    REQUIRE(writer->AddSeries(series.labels, series.timestamps_ms, series.histograms).ok());
  }
  return writer->Finish().value().metadata;
}

bool Same(const std::vector<HistogramPtr>& a, const std::vector<HistogramPtr>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return SameHistogram(*x, *y); });
}

// The first error of reading everything; REQUIREs that what is read is right.
absl::Status ReadAll(FileSystem* files, const std::vector<Series>& all) {
  const auto part = HistogramPart::Open(files, kPath);
  if (!part.ok()) return part.status();
  absl::Status first_error;
  for (uint32_t id = 0; id < all.size(); ++id) {
    TimestampColumn timestamps_ms;
    std::vector<HistogramPtr> histograms;
    const auto labels = (*part)->series().Labels(id);
    if (!labels.ok()) return labels.status();
    REQUIRE(*labels == all[id].labels);
    const absl::Status status = (*part)->Read(id, TimeRange::All(), &timestamps_ms, &histograms);
    if (!status.ok()) {
      first_error.Update(status);
      continue;
    }
    REQUIRE(*timestamps_ms == all[id].timestamps_ms);
    REQUIRE(Same(histograms, all[id].histograms));
  }
  const auto matched = (*part)->series().Match({Matcher::Equal("__name__", "latency")});
  if (!matched.ok()) return matched.status();
  REQUIRE(matched->size() == (all.size() + 1) / 2);
  return first_error;
}

}  // namespace

TEST_SUITE("storage/metrics/histogram_part") {
  TEST_CASE("random series come back to the bit, whole and by range") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (const size_t samples : {1, 30, 3000}) {
      SimulatedFileSystem files;
      const std::vector<Series> all = Random(random(), 12, samples);
      const PartMetadata metadata = Write(&files, all);
      CHECK(metadata.series_count == 12);
      CHECK(ReadAll(&files, all).ToString() == "OK");
      CHECK(VerifyHistogramPart(&files, kPath).ToString() == "OK");

      const auto part = HistogramPart::Open(&files, kPath).value();
      for (int round = 0; round < 30; ++round) {
        const auto id = static_cast<uint32_t>(random() % all.size());
        const int64_t span_ms = 15'000 * static_cast<int64_t>(samples) + 1;
        const int64_t begin_ms = static_cast<int64_t>(random() % static_cast<uint64_t>(span_ms));
        const TimeRange range_ms{
            begin_ms, begin_ms + static_cast<int64_t>(random() % static_cast<uint64_t>(span_ms))};
        TimestampColumn timestamps_ms;
        std::vector<HistogramPtr> histograms;
        REQUIRE(part->Read(id, range_ms, &timestamps_ms, &histograms).ok());
        std::vector<int64_t> expected_ms;
        std::vector<HistogramPtr> expected;
        for (size_t i = 0; i < all[id].timestamps_ms.size(); ++i) {
          if (!range_ms.Contains(all[id].timestamps_ms[i])) continue;
          expected_ms.push_back(all[id].timestamps_ms[i]);
          expected.push_back(all[id].histograms[i]);
        }
        CHECK(*timestamps_ms == expected_ms);
        CHECK(Same(histograms, expected));
      }
    }
  }

  TEST_CASE("a flipped bit at every byte of a part is detected by who reads everything") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    SimulatedFileSystem files;
    const std::vector<Series> all = Random(seed, 5, 20);
    Write(&files, all);
    const uint64_t size = files.FileSize(kPath).value();
    for (uint64_t offset = 0; offset < size; ++offset) {
      CAPTURE(offset);
      const int bit = static_cast<int>(random() % 8);
      files.FlipBit(kPath, offset, bit);
      CHECK(absl::IsDataLoss(ReadAll(&files, all)));
      CHECK(absl::IsDataLoss(VerifyHistogramPart(&files, kPath)));
      files.FlipBit(kPath, offset, bit);
    }
    CHECK(ReadAll(&files, all).ok());
  }

  TEST_CASE("a part cut short at any length is detected") {
    SimulatedFileSystem files;
    const std::vector<Series> all = Random(3, 3, 5);
    Write(&files, all);
    const std::string content = files.Content(kPath);
    for (size_t length = 0; length < content.size(); ++length) {
      files.SetContent(kPath, content.substr(0, length));
      CHECK(absl::IsDataLoss(ReadAll(&files, all)));
    }
  }

  TEST_CASE("the report counts chunks by codec") {
    SimulatedFileSystem files;
    Write(&files, Random(4, 6, 2000));
    const MetricPartReport report = InspectHistogramPart(&files, kPath).value();
    CHECK(report.codecs.size() == kHistogramCodecCount);
    uint64_t samples = 0;
    for (const MetricPartReport::Codec& codec : report.codecs) samples += codec.samples;
    CHECK(samples == report.metadata.entry_count);
    CHECK(FormatReport(report).find("codec columns: ") != std::string::npos);
  }

  TEST_CASE("a metric part is no histogram part, and the other way round") {
    SimulatedFileSystem files;
    Write(&files, Random(5, 2, 3));
    CHECK(absl::IsDataLoss(MetricPart::Open(&files, kPath).status()));
    CHECK(absl::IsDataLoss(VerifyMetricPart(&files, kPath)));
  }

  TEST_CASE("series without as many timestamps as histograms are refused") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("parts").ok());
    auto writer = HistogramPartWriter::Open(&files, kPath, {.part_id = 1}).value();
    const std::vector<int64_t> one_ms = {1};
    CHECK(absl::IsInvalidArgument(writer->AddSeries(LabelSet{{"a", "b"}}, one_ms, {})));
    CHECK(absl::IsInvalidArgument(writer->AddSeries(LabelSet{{"a", "b"}}, {}, {})));
  }
}

}  // namespace varve::storage
