// Pins the records of start timestamps and exemplars: tests/golden/wal_starts_exemplars_v1 is their
// worked example in storage/docs/wal_format.md, and stays readable for ever.
#include <doctest/doctest.h>

#include <bit>
#include <cstring>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "storage/wal/entry_record.h"
#include "storage/wal/sample_record.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_writer.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr const char* kGoldenDirectory = "tests/golden/wal_starts_exemplars_v1";
constexpr double kValue = 0.5;

std::string WriteExample() {
  SimulatedFileSystem files;
  auto writer = WalWriter::Open(&files, "wal", 5, {});
  REQUIRE(writer.ok());
  REQUIRE((*writer)
              ->Append(WalRecordType::kStartTimestamps,
                       [](uint64_t, std::string* payload) {
                         SampleRecordEncoder encoder;
                         encoder.Define(1, LabelSet{{"__name__", "up"}});
                         encoder.Begin(1);
                         encoder.Add(1000, 500);
                         encoder.Finish(payload);
                         return 0;
                       })
              .ok());
  REQUIRE((*writer)
              ->Append(WalRecordType::kExemplars,
                       [](uint64_t, std::string* payload) {
                         EntryRecordEncoder encoder;
                         encoder.Define(1, LabelSet{{"__name__", "up"}});
                         encoder.Begin(1);
                         char value[sizeof(kValue)];
                         std::memcpy(value, &kValue, sizeof(value));
                         const LabelSet labels{{"trace_id", "7f"}};
                         encoder.Add({.timestamp_ns = 1'000'000'000,
                                      .line = std::string_view(value, sizeof(value)),
                                      .metadata = labels});
                         encoder.Finish(payload);
                         return 0;
                       })
              .ok());
  return files.Content("wal/00000005.wal");
}

}  // namespace

TEST_SUITE("storage/wal/start_exemplar_record") {
  TEST_CASE("today's writer writes the example byte for byte") {
    const std::string fresh = WriteExample();
    CHECK(test::GoldenFile(JoinPath(kGoldenDirectory, WalSegmentFileName(5)), fresh) == fresh);
  }

  TEST_CASE("today's reader reads the example") {
    std::vector<WalRecordType> types;
    const auto stats = ReplayWal(FileSystem::Posix(), kGoldenDirectory, "quarantine-is-not-needed",
                                 [&](uint64_t, WalRecordType type, std::string_view payload) {
                                   types.push_back(type);
                                   if (type == WalRecordType::kStartTimestamps) {
                                     SampleRecordDecoder starts;
                                     REQUIRE(starts.Decode(payload).ok());
                                     REQUIRE(starts.values().size() == 1);
                                     CHECK(starts.definitions()[0].labels.metric_name() == "up");
                                     CHECK(starts.timestamps_ms()[0] == 1000);
                                     CHECK(starts.values()[0] == 500);
                                     return absl::OkStatus();
                                   }
                                   EntryRecordDecoder exemplars;
                                   REQUIRE(exemplars.Decode(payload).ok());
                                   REQUIRE(exemplars.entries().size() == 1);
                                   const Entry& exemplar = exemplars.entries()[0];
                                   CHECK(exemplar.timestamp_ns == 1'000'000'000);
                                   double value = 0;
                                   REQUIRE(exemplar.line.size() == sizeof(value));
                                   std::memcpy(&value, exemplar.line.data(), sizeof(value));
                                   CHECK(value == kValue);
                                   CHECK(exemplar.metadata.Get("trace_id") == "7f");
                                   return absl::OkStatus();
                                 });
    REQUIRE(stats.ok());
    CHECK(types ==
          std::vector<WalRecordType>{WalRecordType::kStartTimestamps, WalRecordType::kExemplars});
    CHECK(stats->corruptions + stats->torn_tails == 0);
  }
}

}  // namespace varve::storage
