// Pins version 1 of the log format: tests/golden/wal_v1/00000005.wal is the worked example of
// storage/docs/wal_format.md, and stays readable for ever.
#include <doctest/doctest.h>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "storage/wal/entry_record.h"
#include "storage/wal/sample_record.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_writer.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr const char* kGoldenDirectory = "tests/golden/wal_v1";

std::string WriteExample() {
  SimulatedFileSystem files;
  auto writer = WalWriter::Open(&files, "wal", 5, {});
  REQUIRE(writer.ok());
  REQUIRE((*writer)
              ->Append(WalRecordType::kSamples,
                       [](uint64_t, std::string* payload) {
                         SampleRecordEncoder encoder;
                         encoder.Define(1, LabelSet{{"__name__", "up"}});
                         encoder.Begin(1);
                         encoder.Add(1000, 1);
                         encoder.Begin(2);
                         encoder.Add(1000, 0.5);
                         encoder.Add(2000, -3);
                         encoder.Finish(payload);
                         return 0;
                       })
              .ok());
  REQUIRE((*writer)
              ->Append(WalRecordType::kEntries,
                       [](uint64_t, std::string* payload) {
                         EntryRecordEncoder encoder;
                         encoder.Define(9, LabelSet{{"app", "x"}});
                         encoder.Begin(9);
                         const LabelSet metadata{{"k", "v"}};
                         encoder.Add({.timestamp_ns = 7, .line = "hi", .metadata = metadata});
                         encoder.Finish(payload);
                         return 0;
                       })
              .ok());
  return files.Content("wal/00000005.wal");
}

}  // namespace

TEST_SUITE("storage/wal/wal_format") {
  TEST_CASE("today's writer writes the example byte for byte") {
    const std::string fresh = WriteExample();
    CHECK(test::GoldenFile(JoinPath(kGoldenDirectory, WalSegmentFileName(5)), fresh) == fresh);
  }

  TEST_CASE("today's reader reads the example") {
    SampleRecordDecoder samples;
    EntryRecordDecoder entries;
    const auto stats = ReplayWal(FileSystem::Posix(), kGoldenDirectory, "quarantine-is-not-needed",
                                 [&](uint64_t id, WalRecordType type, std::string_view payload) {
                                   CHECK(id == 5);
                                   if (type == WalRecordType::kSamples) {
                                     const absl::Status status = samples.Decode(payload);
                                     REQUIRE(samples.definitions().size() == 1);
                                     CHECK(samples.definitions()[0].labels.metric_name() == "up");
                                     return status;
                                   }
                                   REQUIRE(entries.Decode(payload).ok());
                                   REQUIRE(entries.entries().size() == 1);
                                   CHECK(entries.entries()[0].line == "hi");
                                   CHECK(entries.entries()[0].timestamp_ns == 7);
                                   CHECK(entries.entries()[0].metadata.Get("k") == "v");
                                   return absl::OkStatus();
                                 });
    REQUIRE(stats.ok());
    CHECK(stats->records == 2);
    CHECK(stats->corruptions + stats->torn_tails == 0);
    REQUIRE(samples.series().size() == 2);
    CHECK(samples.timestamps_ms()[2] == 2000);
    CHECK(samples.values()[0] == 1);
    CHECK(samples.values()[1] == 0.5);
    CHECK(samples.values()[2] == -3);
  }
}

}  // namespace varve::storage
