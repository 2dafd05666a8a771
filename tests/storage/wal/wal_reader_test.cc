#include "storage/wal/wal_reader.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <random>
#include <vector>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {
namespace {

constexpr std::string_view kDirectory = "wal";
const std::string kFirst = "wal/00000001.wal";
const std::string kSecond = "wal/00000002.wal";

struct Result {
  absl::Status status;
  WalReplayStats stats;
  std::vector<std::string> records;
};

Result Replay(FileSystem* files) {
  Result result;
  const auto stats = ReplayWal(files, std::string(kDirectory), "quarantine",
                               [&](uint64_t, WalRecordType, std::string_view payload) {
                                 result.records.emplace_back(payload);
                                 return absl::OkStatus();
                               });
  result.status = stats.status();
  if (stats.ok()) result.stats = *stats;
  return result;
}

// Six records of various sizes in two segments; the texts are returned.
std::vector<std::string> WriteSix(FileSystem* files) {
  std::vector<std::string> texts;
  auto writer = WalWriter::Open(files, std::string(kDirectory), 1, {});
  REQUIRE(writer.ok());
  for (int i = 0; i < 6; ++i) {
    if (i == 4) REQUIRE((*writer)->Rotate().ok());
    texts.push_back(std::string(static_cast<size_t>(i * 9), static_cast<char>('a' + i)));
    REQUIRE((*writer)
                ->Append(WalRecordType::kEntries,
                         [&](uint64_t, std::string* payload) {
                           payload->append(texts.back());
                           return 0;
                         })
                .ok());
  }
  return texts;
}

}  // namespace

TEST_SUITE("storage/wal/wal_reader") {
  TEST_CASE("a missing directory and an empty one are empty logs") {
    SimulatedFileSystem files;
    CHECK(Replay(&files).status.ok());
    REQUIRE(files.CreateDirectory("wal").ok());
    const Result result = Replay(&files);
    CHECK(result.status.ok());
    CHECK(result.stats.segments == 0);
  }

  TEST_CASE("a log cut at any byte gives every whole record before the cut") {
    SimulatedFileSystem original;
    const std::vector<std::string> texts = WriteSix(&original);
    const std::string last = original.Content(kSecond);
    for (size_t length = 0; length < last.size(); ++length) {
      CAPTURE(length);
      SimulatedFileSystem files;
      REQUIRE(files.CreateDirectory("wal").ok());
      files.SetContent(kFirst, original.Content(kFirst));
      files.SetContent(kSecond, last.substr(0, length));
      const Result result = Replay(&files);
      REQUIRE(result.status.ok());
      const size_t fifth_end = kWalSegmentHeaderBytes + kWalRecordHeaderBytes + texts[4].size();
      const size_t expected = length >= fifth_end ? 5 : 4;
      CHECK(result.records == std::vector<std::string>(texts.begin(), texts.begin() + expected));
      const bool clean = length == kWalSegmentHeaderBytes || length == fifth_end;
      CHECK(result.stats.torn_tails == (clean ? 0 : 1));
      CHECK(result.stats.corruptions == 0);
    }
  }

  TEST_CASE("what a crash may leave behind the last record is not a record") {
    SimulatedFileSystem original;
    const std::vector<std::string> texts = WriteSix(&original);
    const std::string first = original.Content(kFirst);
    std::mt19937 random(7);
    std::string noise(600, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    for (const std::string& tail : {std::string(600, '\0'), std::string(600, '\xff'), noise,
                                    first.substr(kWalSegmentHeaderBytes)}) {
      SimulatedFileSystem files;
      REQUIRE(files.CreateDirectory("wal").ok());
      files.SetContent(kFirst, first + tail);
      const Result result = Replay(&files);
      REQUIRE(result.status.ok());
      CHECK(result.records == std::vector<std::string>(texts.begin(), texts.begin() + 4));
    }
  }

  TEST_CASE("a flipped bit costs at most its record, never gives a wrong one, and is reported") {
    SimulatedFileSystem original;
    const std::vector<std::string> texts = WriteSix(&original);
    for (const std::string& path : {kFirst, kSecond}) {
      for (size_t offset = 0; offset < original.Content(path).size(); ++offset) {
        for (int bit = 0; bit < 8; ++bit) {
          const auto files = original.CrashState(0, CrashMode::kKeepAll);
          files->FlipBit(path, offset, bit);
          const Result result = Replay(files.get());
          CAPTURE(path);
          CAPTURE(offset);
          REQUIRE(result.status.ok());
          CHECK(result.stats.corruptions + result.stats.torn_tails >= 1);
          CHECK(result.records.size() >= (offset < kWalSegmentHeaderBytes ? 6 : 5));
          size_t at = 0;
          for (const std::string& record : result.records) {
            while (at < texts.size() && texts[at] != record) ++at;
            REQUIRE(at < texts.size());
            ++at;
          }
        }
      }
    }
  }

  TEST_CASE("damaged bytes in the middle are copied to quarantine, once, and the segment is kept") {
    SimulatedFileSystem files;
    WriteSix(&files);
    const std::string before = files.Content(kFirst);
    const size_t second =
        kWalSegmentHeaderBytes + kWalRecordHeaderBytes;  // behind the empty record
    files.FlipBit(kFirst, second + kWalRecordHeaderBytes + 2, 3);
    const std::string damaged = files.Content(kFirst);
    Result result = Replay(&files);
    REQUIRE(result.status.ok());
    CHECK(result.records.size() == 5);
    CHECK(result.stats.corruptions == 1);
    CHECK(result.stats.quarantined_files == 1);
    const std::string name = QuarantinedWalFileName(1, second);
    CHECK(files.Content("quarantine/" + name) == damaged.substr(second, kWalRecordHeaderBytes + 9));
    CHECK(files.Content(kFirst) == damaged);
    result = Replay(&files);
    CHECK(result.stats.corruptions == 1);
    CHECK(result.stats.quarantined_files == 0);
  }

  TEST_CASE("loss at the end of a segment shows when the next one knows what had been synced") {
    SimulatedFileSystem files;
    const std::vector<std::string> texts = WriteSix(&files);
    const std::string first = files.Content(kFirst);
    files.SetContent(kFirst,
                     first.substr(0, first.size() - texts[3].size() - kWalRecordHeaderBytes));
    const Result result = Replay(&files);
    REQUIRE(result.status.ok());
    CHECK(result.records.size() == 5);
    CHECK(result.stats.corruptions == 1);
    CHECK(result.stats.torn_tails == 0);
  }

  TEST_CASE("a segment is readable when another one is absent, empty, half, zeroed or swapped") {
    SimulatedFileSystem original;
    const std::vector<std::string> texts = WriteSix(&original);
    const std::vector<std::string> second(texts.begin() + 4, texts.end());
    const std::string first = original.Content(kFirst);
    for (const std::string& content :
         {std::string(), first.substr(0, 20), std::string(first.size(), '\0'),
          original.Content(kSecond)}) {
      const auto files = original.CrashState(0, CrashMode::kKeepAll);
      files->SetContent(kFirst, content);
      const Result result = Replay(files.get());
      REQUIRE(result.status.ok());
      CHECK(result.records == second);
    }
  }

  TEST_CASE("another version is refused before anything is visited, and nothing is touched") {
    SimulatedFileSystem files;
    WriteSix(&files);
    std::string content = files.Content(kSecond);
    content.replace(0, kWalSegmentHeaderBytes,
                    EncodeWalSegmentHeader({.version = 2, .segment_id = 2}));
    files.SetContent(kSecond, content);
    const uint64_t operations = files.operation_count();
    const Result result = Replay(&files);
    CHECK(absl::IsFailedPrecondition(result.status));
    CHECK(result.records.empty());
    CHECK(files.operation_count() == operations);
  }

  TEST_CASE("a read error is an error, not the end of the log") {
    for (uint64_t number = 1; number <= 4; ++number) {
      SimulatedFileSystem files;
      WriteSix(&files);
      files.InjectFault({.kind = FileOperation::kRead, .first = number});
      CHECK(absl::IsUnavailable(Replay(&files).status));
      files.ClearFaults();
      CHECK(Replay(&files).records.size() == 6);
    }
  }

  TEST_CASE("the progress is told from the first segment to the last") {
    SimulatedFileSystem files;
    WriteSix(&files);
    std::vector<std::string> told;
    size_t records = 0;
    const auto stats = ReplayWal(
        &files, std::string(kDirectory), "quarantine",
        [&](uint64_t, WalRecordType, std::string_view) {
          ++records;
          return absl::OkStatus();
        },
        [&](const WalReplayProgress& progress) {
          told.push_back(
              std::to_string(progress.first_segment) + "-" + std::to_string(progress.last_segment) +
              " " + std::to_string(progress.read_segment) + " after " + std::to_string(records));
        });
    REQUIRE(stats.ok());
    CHECK(told == std::vector<std::string>{"1-2 1 after 0", "1-2 1 after 4", "1-2 2 after 6"});
  }

  TEST_CASE("a visitor's error ends the replay") {
    SimulatedFileSystem files;
    WriteSix(&files);
    const auto stats = ReplayWal(
        &files, "wal", "quarantine",
        [](uint64_t, WalRecordType, std::string_view) { return absl::DataLossError("no"); });
    CHECK(absl::IsDataLoss(stats.status()));
  }

  TEST_CASE("a segment read in pieces gives what a scan of all of it gives, damaged or not") {
    constexpr uint64_t kSeed = 11;
    INFO("seed " << kSeed);
    std::mt19937_64 random(kSeed);
    // Some end with a piece of a MiB, some are larger than one.
    SimulatedFileSystem files;
    {
      auto writer = WalWriter::Open(&files, std::string(kDirectory), 1, {});
      REQUIRE(writer.ok());
      for (int i = 0; i < 40; ++i) {
        const size_t size = i % 13 == 5 ? 2'500'000 : random() % 300'000;
        REQUIRE((*writer)
                    ->Append(WalRecordType::kEntries,
                             [&](uint64_t, std::string* payload) {
                               payload->append(size, static_cast<char>('a' + i % 26));
                               return 0;
                             })
                    .ok());
      }
    }
    const auto intact = files.ReadFile(kFirst);
    REQUIRE(intact.ok());
    for (int round = 0; round < 12; ++round) {
      std::string bytes = *intact;
      if (round > 0) {
        for (int i = 0; i < round % 4; ++i) bytes[random() % bytes.size()] ^= 0x40;
        if (round % 2 == 0) bytes.resize(random() % bytes.size());
        if (round % 3 == 0) bytes.append(random() % 3'000'000, '\0');
      }
      SimulatedFileSystem damaged;
      REQUIRE(damaged.CreateDirectory(std::string(kDirectory)).ok());
      REQUIRE(WriteFileAtomically(&damaged, kFirst, bytes).ok());
      std::vector<std::string> records;
      uint64_t corrupt_bytes = 0;
      uint64_t corruptions = 0;
      uint64_t torn_tails = 0;
      REQUIRE(ScanWalSegment(
                  bytes, 1, 0,
                  [&](uint64_t, WalRecordType, std::string_view payload) {
                    records.emplace_back(payload);
                    return absl::OkStatus();
                  },
                  [&](WalDamage damage) {
                    torn_tails += damage.torn_tail ? 1 : 0;
                    if (damage.torn_tail) return;
                    ++corruptions;
                    corrupt_bytes += damage.end - damage.begin;
                  })
                  .ok());
      const Result result = Replay(&damaged);
      REQUIRE(result.status.ok());
      CHECK(result.records == records);
      CHECK(result.stats.records == records.size());
      CHECK(result.stats.bytes == bytes.size());
      CHECK(result.stats.corruptions == corruptions);
      CHECK(result.stats.corrupt_bytes == corrupt_bytes);
      CHECK(result.stats.torn_tails == torn_tails);
      if (round == 0) CHECK(records.size() == 40);
    }
  }

  TEST_CASE("a large damaged segment is scanned in time proportional to its size") {
    std::string segment(32U << 20, '\0');
    std::mt19937_64 random(3);
    for (size_t i = 0; i + 8 <= segment.size(); i += 8) {
      const uint64_t value =
          random() & 0x0101010101010101;  // plausible types and lengths everywhere
      std::memcpy(segment.data() + i, &value, 8);
    }
    const auto begin = std::chrono::steady_clock::now();
    CHECK(ScanWalSegment(
              segment, 1, 0,
              [](uint64_t, WalRecordType, std::string_view) { return absl::OkStatus(); },
              [](WalDamage) {})
              .ok());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
  }
}

}  // namespace varve::storage
