// A histogram part written by format version 1, which every later version reads.
// VARVE_WRITE_GOLDEN=1 writes the file; do that only together with a new version number.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "storage/io/simulated_file_system.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/histogram_part_writer.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/model/sample.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr char kGoldenPath[] = "tests/golden/histogram_part_v1/example.part";
constexpr int64_t kStartMs = 1'767'225'600'000;

struct Series {
  LabelSet labels;
  std::vector<int64_t> timestamps_ms;
  std::vector<HistogramPtr> histograms;
};

// A histogram that gets another bucket at the fourth scrape; its counts grow by one to three.
std::vector<HistogramPtr> Exponential(size_t count) {
  std::vector<HistogramPtr> histograms;
  for (size_t i = 0; i < count; ++i) {
    const auto n = static_cast<double>(i);
    Histogram histogram;
    histogram.reset_hint = i == 0 ? CounterResetHint::kUnknown : CounterResetHint::kNotReset;
    histogram.schema = 2;
    histogram.zero_threshold = 0x1p-128;
    histogram.zero_count = 1;
    histogram.positive_spans = {{-3, 1}, {1, 1}};
    histogram.positive_counts = {10 + n, 20 + 3 * n};
    if (i >= 3) {
      histogram.positive_spans.back().length = 2;
      histogram.positive_counts.push_back(2 * n);
    }
    for (const double bucket : histogram.positive_counts) histogram.count += bucket;
    histogram.count += histogram.zero_count;
    histogram.sum = 12.5 + 0.25 * n;
    histograms.push_back(std::make_shared<const Histogram>(std::move(histogram)));
  }
  return histograms;
}

// A float gauge with custom bounds, then the stale marker.
std::vector<HistogramPtr> Custom() {
  Histogram gauge;
  gauge.reset_hint = CounterResetHint::kGauge;
  gauge.is_float = true;
  gauge.schema = kCustomBucketsSchema;
  gauge.custom_values = {0.5, 1};
  gauge.positive_spans = {{0, 3}};
  gauge.positive_counts = {0.5, 1.5, 0.25};
  gauge.count = 2.25;
  gauge.sum = 1;
  Histogram stale;
  stale.sum = StaleMarker();
  return {std::make_shared<const Histogram>(gauge), std::make_shared<const Histogram>(stale)};
}

std::vector<Series> ExampleSeries() {
  std::vector<int64_t> scrapes_ms;
  for (int i = 0; i < 12; ++i) scrapes_ms.push_back(kStartMs + i * 15'000);
  return {
      {LabelSet{{"__name__", "latency"}, {"job", "web"}}, scrapes_ms, Exponential(12)},
      {LabelSet{{"__name__", "queue"}, {"job", "web"}},
       {scrapes_ms.begin(), scrapes_ms.begin() + 2},
       Custom()},
  };
}

}  // namespace

TEST_SUITE("storage/metrics/histogram_part_golden") {
  TEST_CASE("the example of histogram_part_format.md is written and read as version 1 says") {
    SimulatedFileSystem files;
    const std::vector<Series> all = ExampleSeries();
    auto writer = HistogramPartWriter::Open(&files, "part",
                                            {.part_id = 3, .level = 1, .partition_day = 20454})
                      .value();
    for (const Series& series : all) {
      REQUIRE(writer->AddSeries(series.labels, series.timestamps_ms, series.histograms).ok());
    }
    REQUIRE(writer->Finish().ok());
    const std::string fresh = files.Content("part");
    CHECK((test::GoldenFile(kGoldenPath, fresh) == fresh));

    CHECK(VerifyHistogramPart(FileSystem::Posix(), kGoldenPath).ToString() == "OK");
    const auto part = HistogramPart::Open(FileSystem::Posix(), kGoldenPath).value();
    for (uint32_t id = 0; id < all.size(); ++id) {
      TimestampColumn timestamps_ms;
      std::vector<HistogramPtr> histograms;
      REQUIRE(part->Read(id, TimeRange::All(), &timestamps_ms, &histograms).ok());
      CHECK(part->series().Labels(id).value() == all[id].labels);
      CHECK(*timestamps_ms == all[id].timestamps_ms);
      REQUIRE(histograms.size() == all[id].histograms.size());
      for (size_t i = 0; i < histograms.size(); ++i) {
        CHECK(SameHistogram(*histograms[i], *all[id].histograms[i]));
      }
    }
  }
}

}  // namespace varve::storage
