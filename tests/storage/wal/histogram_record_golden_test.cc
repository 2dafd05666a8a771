// Pins the record of histograms: tests/golden/wal_histograms_v1/00000005.wal is the worked example
// of storage/docs/wal_format.md. VARVE_WRITE_GOLDEN=1 writes the file; do that only together with a
// new version number.
#include <doctest/doctest.h>

#include <string>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "storage/wal/histogram_record.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_writer.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr const char* kGoldenDirectory = "tests/golden/wal_histograms_v1";

Histogram Example(double first) {
  Histogram histogram;
  histogram.schema = 3;
  histogram.zero_threshold = 0x1p-128;
  histogram.zero_count = 1;
  histogram.positive_spans = {{-2, 2}, {3, 1}};
  histogram.positive_counts = {first, 5, 5};
  histogram.count = first + 11;
  histogram.sum = 2.5;
  return histogram;
}

std::string WriteExample() {
  SimulatedFileSystem files;
  auto writer = WalWriter::Open(&files, "wal", 5, {});
  REQUIRE(writer.ok());
  REQUIRE((*writer)
              ->Append(WalRecordType::kHistograms,
                       [](uint64_t, std::string* payload) {
                         HistogramRecordEncoder encoder;
                         encoder.Define(1, LabelSet{{"__name__", "h"}});
                         encoder.Begin(1);
                         encoder.Add(1000, Example(7));
                         encoder.Add(2000, Example(9));
                         encoder.Begin(2);
                         encoder.Add(2000, Example(7));
                         encoder.Finish(payload);
                         return 0;
                       })
              .ok());
  return files.Content("wal/00000005.wal");
}

}  // namespace

TEST_SUITE("storage/wal/histogram_record_golden") {
  TEST_CASE("today's writer writes the example byte for byte, and today's reader reads it") {
    const std::string path = JoinPath(kGoldenDirectory, WalSegmentFileName(5));
    const std::string fresh = WriteExample();
    CHECK((test::GoldenFile(path, fresh) == fresh));

    const auto stats = ReplayWal(FileSystem::Posix(), kGoldenDirectory, "quarantine-is-not-needed",
                                 [&](uint64_t, WalRecordType type, std::string_view payload) {
                                   CHECK(type == WalRecordType::kHistograms);
                                   HistogramRecordDecoder decoder;
                                   REQUIRE(decoder.Decode(payload).ok());
                                   REQUIRE(decoder.definitions().size() == 1);
                                   CHECK(decoder.definitions()[0].labels.metric_name() == "h");
                                   REQUIRE(decoder.series().size() == 2);
                                   CHECK(decoder.series()[1].ref == 2);
                                   REQUIRE(decoder.histograms().size() == 3);
                                   CHECK(decoder.timestamps_ms()[2] == 2000);
                                   CHECK(SameHistogram(decoder.histograms()[0], Example(7)));
                                   CHECK(SameHistogram(decoder.histograms()[1], Example(9)));
                                   CHECK(SameHistogram(decoder.histograms()[2], Example(7)));
                                   return absl::OkStatus();
                                 });
    REQUIRE(stats.ok());
    CHECK(stats->records == 1);
    CHECK(stats->corruptions + stats->torn_tails == 0);
  }
}

}  // namespace varve::storage
