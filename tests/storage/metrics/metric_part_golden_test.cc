// A metric part written by format version 1, which every later version reads. VARVE_WRITE_GOLDEN=1
// writes the file; do that only together with a new version number.
#include <bit>

#include <doctest/doctest.h>
#include "storage/io/simulated_file_system.h"
#include "storage/metrics/metric_part.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/metrics/metric_part_writer.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr char kGoldenPath[] = "tests/golden/metric_part_v1/example.part";
constexpr int64_t kStartMs = 1'767'225'600'000;

struct Series {
  LabelSet labels;
  std::vector<int64_t> timestamps_ms;
  std::vector<double> values;
};

// Two targets; `up` of the second began a scrape later than its other series.
std::vector<Series> ExampleSeries() {
  const std::vector<int64_t> first = {kStartMs, kStartMs + 15000, kStartMs + 30000,
                                      kStartMs + 45000};
  const std::vector<int64_t> second = {kStartMs + 7001, kStartMs + 22000, kStartMs + 37002,
                                       kStartMs + 52000};
  const double stale = std::bit_cast<double>(0x7ff0000000000002);
  return {
      {LabelSet{{"__name__", "requests_total"}, {"instance", "a:9090"}, {"job", "web"}},
       first,
       {10, 12, 12, 15}},
      {LabelSet{{"__name__", "requests_total"}, {"instance", "b:9090"}, {"job", "web"}},
       second,
       {1, 2, 3, stale}},
      {LabelSet{{"__name__", "up"}, {"instance", "a:9090"}, {"job", "web"}}, first, {1, 1, 1, 1}},
      {LabelSet{{"__name__", "up"}, {"instance", "b:9090"}, {"job", "web"}, {"zone", "eu"}},
       {second.begin() + 1, second.end()},
       {1, 1, 0}},
  };
}

TEST_SUITE("storage/metrics/metric_part_golden") {
  TEST_CASE("the example of metric_part_format.md is written and read as version 1 says") {
    SimulatedFileSystem files;
    const std::vector<Series> all = ExampleSeries();
    auto writer =
        MetricPartWriter::Open(&files, "part", {.part_id = 3, .level = 1, .partition_day = 20454})
            .value();
    for (const Series& series : all) {
      REQUIRE(writer->AddSeries(series.labels, series.timestamps_ms, series.values).ok());
    }
    REQUIRE(writer->Finish().ok());
    const std::string fresh = files.Content("part");
    CHECK((test::GoldenFile(kGoldenPath, fresh) == fresh));

    CHECK(VerifyMetricPart(FileSystem::Posix(), kGoldenPath).ToString() == "OK");
    MetricPartScanner scanner(MetricPart::Open(FileSystem::Posix(), kGoldenPath).value());
    for (const Series& series : all) {
      REQUIRE(scanner.Next().value());
      CHECK(scanner.labels() == series.labels.view());
      CHECK(*scanner.timestamps_ms() == series.timestamps_ms);
      REQUIRE(scanner.values().size() == series.values.size());
      for (size_t i = 0; i < series.values.size(); ++i) {
        CHECK(std::bit_cast<uint64_t>(scanner.values()[i]) ==
              std::bit_cast<uint64_t>(series.values[i]));
      }
    }
  }
}
}  // namespace
}  // namespace varve::storage
