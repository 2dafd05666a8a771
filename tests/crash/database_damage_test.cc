// Damage: flipped bits in every file of a database, and WAL tails torn at every byte.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "storage/database.h"
#include "storage/io/clock.h"
#include "storage/io/simulated_file_system.h"
#include "storage/part/part_file.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/text_entry_filter.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = 1'795'219'200'000;

StorageOptions Options(SimulatedFileSystem* files, Clock* clock) {
  StorageOptions options;
  options.path = "data";
  options.files = files;
  options.clock = clock;
  options.background = false;
  options.compile_entry_filter = TextEntryFilter::Compile;
  options.wal_segment_bytes = 8'000;
  return options;
}

// A database with parts of all kinds and a WAL of several segments behind them.
void Fill(SimulatedFileSystem* files, Clock* clock, AcknowledgedWrites* writes,
          std::mt19937* random) {
  auto database = Database::Open(Options(files, clock));
  REQUIRE(database.ok());
  for (int i = 0; i < 300; ++i) {
    REQUIRE(writes->SendRandomMetrics(database->get(), kNowMs, random).ok());
    REQUIRE(writes->SendRandomHistograms(database->get(), kNowMs, random).ok());
    REQUIRE(writes->SendRandomLogs(database->get(), kNowMs, random).ok());
    if (i == 80) REQUIRE((*database)->CompactAll().ok());
    if (i == 160) REQUIRE((*database)->Flush().ok());
    if (i == 200 || i == 240) REQUIRE(writes->DeleteRandom(database->get(), kNowMs, random).ok());
  }
}

// Whether a part has log lines as templates: the damage must reach those, too.
bool HasTemplates(SimulatedFileSystem* files) {
  for (const std::string& path : files->AllPaths()) {
    const auto file = PartFile::Open(files, path);
    if (!file.ok()) continue;
    const SectionInfo* section = (*file)->FindSection(SectionId::kLogTemplates);
    if (section != nullptr && section->length > 16) return true;
  }
  return false;
}

// Whether opening and reading a damaged database shows, in any way an operator sees, that something
// is damaged.
struct Inspection {
  bool noticed = false;
  bool wrong = false;  // an answer that nobody sent
  bool lost = false;
  std::string problem;
};

Inspection Inspect(SimulatedFileSystem* files, Clock* clock, const AcknowledgedWrites& writes) {
  Inspection inspection;
  auto database = Database::Open(Options(files, clock));
  if (!database.ok()) {
    // Only a version that is not ours may keep a database from opening.
    inspection.noticed = true;
    inspection.wrong = database.status().code() != absl::StatusCode::kFailedPrecondition;
    inspection.problem = database.status().ToString();
    return inspection;
  }
  const StorageStats stats = (*database)->Stats();
  inspection.noticed = stats.wal_corruptions_total > 0 || stats.quarantined_files > 0;
  const auto audit = writes.Audit(**database);
  if (!audit.ok()) {
    inspection.noticed = true;
    inspection.wrong = !absl::IsDataLoss(audit.status());
    inspection.problem = audit.status().ToString();
    return inspection;
  }
  // A damaged mask hides nothing; that must be noticed as a loss must.
  inspection.lost = audit->lost + audit->undeleted > 0;
  inspection.wrong = audit->altered + audit->phantoms + audit->duplicated > 0;
  inspection.problem = audit->first_problem;
  return inspection;
}

}  // namespace

TEST_SUITE("crash/damage") {
  TEST_CASE(
      "a flipped bit in each 4 KiB of each file is noticed or harmless, never a wrong answer") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    FakeClock clock(kNowMs);
    SimulatedFileSystem files;
    AcknowledgedWrites writes;
    Fill(&files, &clock, &writes, &random);
    REQUIRE(HasTemplates(&files));
    // Small files get a bit flipped every so many bytes instead.
    constexpr uint64_t kStrideBytes = 64;
    uint64_t flips = 0;
    uint64_t noticed = 0;
    for (const std::string& path : files.AllPaths()) {
      const uint64_t size = files.Content(path).size();
      for (uint64_t block = 0; block < size; block += kStrideBytes) {
        const uint64_t offset = block + random() % std::min(kStrideBytes, size - block);
        const auto copy = files.CrashState(1, CrashMode::kKeepAll);
        const int bit = static_cast<int>(random() % 8);
        copy->FlipBit(path, offset, bit);
        const Inspection inspection = Inspect(copy.get(), &clock, writes);
        CAPTURE(path);
        CAPTURE(offset);
        CAPTURE(bit);
        CHECK_MESSAGE(!inspection.wrong, inspection.problem);
        CHECK_MESSAGE((!inspection.lost || inspection.noticed), inspection.problem);
        ++flips;
        noticed += inspection.noticed;
      }
    }
    MESSAGE("flipped bits " << flips << ", noticed " << noticed << ", the others harmless");
    CHECK(noticed > flips / 2);
  }

  TEST_CASE("files that are missing, empty, halved or zero-filled cost only what they held") {
    std::mt19937 random(11);
    FakeClock clock(kNowMs);
    SimulatedFileSystem files;
    AcknowledgedWrites writes;
    Fill(&files, &clock, &writes, &random);
    for (const std::string& path : files.AllPaths()) {
      const std::string content = files.Content(path);
      for (const std::string& damaged : {std::string(), content.substr(0, content.size() / 2),
                                         std::string(content.size(), '\0')}) {
        const auto copy = files.CrashState(1, CrashMode::kKeepAll);
        copy->SetContent(path, damaged);
        const Inspection inspection = Inspect(copy.get(), &clock, writes);
        CAPTURE(path);
        CAPTURE(damaged.size());
        CHECK_MESSAGE(!inspection.wrong, inspection.problem);
      }
    }
  }

  TEST_CASE("a WAL torn at any byte opens and keeps every record that is whole") {
    FakeClock clock(kNowMs);
    SimulatedFileSystem files;
    std::vector<uint64_t> segment_sizes;  // after each acknowledged batch
    std::string segment;
    constexpr int kBatches = 12;
    {
      auto database = Database::Open(Options(&files, &clock));
      REQUIRE(database.ok());
      for (int i = 0; i < kBatches; ++i) {
        OwnedMetricBatch batch;
        batch.Add(LabelSet{{"__name__", "up"}, {"n", std::to_string(i)}}, {{kNowMs + i, 1.0 * i}});
        REQUIRE((*database)->AppendMetrics(batch.Finish()).status.ok());
        for (const std::string& path : files.AllPaths()) {
          if (path.find("data/wal/") == 0) segment = path;
        }
        segment_sizes.push_back(files.Content(segment).size());
      }
    }
    const std::string content = files.Content(segment);
    REQUIRE(content.size() == segment_sizes.back());
    for (uint64_t length = 0; length <= content.size(); ++length) {
      const auto torn = files.CrashState(1, CrashMode::kKeepAll);
      torn->SetContent(segment, content.substr(0, length));
      auto database = Database::Open(Options(torn.get(), &clock));
      REQUIRE(database.ok());
      const auto whole =
          static_cast<uint64_t>(std::count_if(segment_sizes.begin(), segment_sizes.end(),
                                              [&](uint64_t size) { return size <= length; }));
      CAPTURE(length);
      CHECK((*database)->Stats().head_samples == whole);
    }
  }
}

}  // namespace varve::storage
