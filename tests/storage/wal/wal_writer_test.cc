#include "storage/wal/wal_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "storage/wal/wal_reader.h"

namespace varve::storage {
namespace {

constexpr std::string_view kDirectory = "data/wal";

std::unique_ptr<WalWriter> OpenWriter(FileSystem* files, WalOptions options = {}) {
  auto writer = WalWriter::Open(files, std::string(kDirectory), 1, options);
  REQUIRE(writer.ok());
  return std::move(*writer);
}

absl::Status AppendText(WalWriter* writer, std::string_view text) {
  return writer->Append(WalRecordType::kEntries, [&](uint64_t, std::string* payload) {
    payload->append(text);
    return 0;
  });
}

std::vector<std::string> ReplayAll(FileSystem* files) {
  std::vector<std::string> records;
  const auto stats = ReplayWal(files, std::string(kDirectory), "data/quarantine",
                               [&](uint64_t, WalRecordType, std::string_view payload) {
                                 records.emplace_back(payload);
                                 return absl::OkStatus();
                               });
  REQUIRE(stats.ok());
  return records;
}

}  // namespace

TEST_SUITE("storage/wal/wal_writer") {
  TEST_CASE("records come back in the order of their tickets, with the segment they were told") {
    SimulatedFileSystem files;
    const auto writer = OpenWriter(&files, {.segment_bytes = 400});
    for (int i = 0; i < 50; ++i) {
      REQUIRE(writer
                  ->Append(WalRecordType::kSamples,
                           [&](uint64_t id, std::string* payload) {
                             payload->append(std::to_string(id) + ":" + std::to_string(i));
                             return 0;
                           })
                  .ok());
    }
    CHECK(writer->segment_id() > 1);
    int i = 0;
    const auto stats = ReplayWal(&files, std::string(kDirectory), "data/quarantine",
                                 [&](uint64_t id, WalRecordType type, std::string_view payload) {
                                   CHECK(type == WalRecordType::kSamples);
                                   CHECK(payload == std::to_string(id) + ":" + std::to_string(i));
                                   ++i;
                                   return absl::OkStatus();
                                 });
    REQUIRE(stats.ok());
    CHECK(i == 50);
    CHECK(stats->corruptions + stats->torn_tails == 0);
    CHECK(stats->bytes == writer->total_bytes());
  }

  TEST_CASE("a single writer does not wait for others") {
    SimulatedFileSystem files;
    const auto writer = OpenWriter(&files, {.group_wait_us_max = 1'000'000});
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) REQUIRE(AppendText(writer.get(), "x").ok());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(900));
  }

  TEST_CASE("many threads share syncs and lose nothing") {
    SimulatedFileSystem files;
    files.SetSyncDelayMicroseconds(200);
    const auto writer = OpenWriter(&files, {.segment_bytes = 8000});
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          WalWriter::Intent intent(writer.get());
          const WalWriter::Ticket ticket =
              writer->Enqueue(WalRecordType::kEntries, [&](uint64_t, std::string* payload) {
                payload->append(std::to_string(t * 1000 + i));
                return 0;
              });
          intent.Done();
          if (!writer->Wait(ticket).ok()) ++failed;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
    const WalStats stats = writer->stats();
    CHECK(stats.records == 800);
    CHECK(stats.syncs < stats.records / 2);
    const std::vector<std::string> records = ReplayAll(&files);
    CHECK(std::set<std::string>(records.begin(), records.end()).size() == 800);
    CHECK(records.size() == 800);
  }

  TEST_CASE("an intent that never enqueues holds a leader up no longer than the limit") {
    SimulatedFileSystem files;
    const auto writer = OpenWriter(&files, {.group_wait_us_max = 2000});
    WalWriter::Intent intent(writer.get());
    CHECK(AppendText(writer.get(), "x").ok());
  }

  TEST_CASE(
      "after a rotation old segments can be removed, and new ids are higher than all before") {
    SimulatedFileSystem files;
    auto writer = OpenWriter(&files);
    REQUIRE(AppendText(writer.get(), "old").ok());
    const auto boundary = writer->Rotate();
    REQUIRE(boundary.ok());
    CHECK(*boundary == 2);
    CHECK(*writer->Rotate() == 2);
    REQUIRE(AppendText(writer.get(), "new").ok());
    REQUIRE(writer->RemoveSegmentsBefore(*boundary).ok());
    CHECK(ReplayAll(&files) == std::vector<std::string>{"new"});
    REQUIRE(writer->Close().ok());
    CHECK(absl::IsUnavailable(AppendText(writer.get(), "late")));
    writer = OpenWriter(&files);
    CHECK(writer->segment_id() == 3);
  }

  TEST_CASE("a record still waiting in a removed segment is acknowledged, not lost by its waiter") {
    SimulatedFileSystem files;
    const auto writer = OpenWriter(&files);
    const auto ticket =
        writer->Enqueue(WalRecordType::kEntries, [](uint64_t, std::string* payload) {
          payload->append("x");
          return 0;
        });
    REQUIRE(writer->RemoveSegmentsBefore(*writer->Rotate()).ok());
    CHECK(writer->Wait(ticket).ok());
    CHECK(ReplayAll(&files).empty());
    CHECK(writer->total_bytes() == 0);
  }

  TEST_CASE("a record too large fails alone, and what follows is in another segment") {
    SimulatedFileSystem files;
    const auto writer = OpenWriter(&files);
    REQUIRE(AppendText(writer.get(), "before").ok());
    CHECK(absl::IsOutOfRange(AppendText(writer.get(), std::string(kWalPayloadBytesMax + 1, 'x'))));
    CHECK(writer->segment_id() == 2);
    REQUIRE(AppendText(writer.get(), "after").ok());
    CHECK(ReplayAll(&files) == std::vector<std::string>{"before", "after"});
  }

  TEST_CASE("a full disk fails appends, however short the write, and they resume by themselves") {
    for (uint64_t short_bytes = 0; short_bytes <= 24; ++short_bytes) {
      CAPTURE(short_bytes);
      SimulatedFileSystem files;
      const auto writer = OpenWriter(&files);
      REQUIRE(AppendText(writer.get(), "first").ok());
      files.InjectFault({.kind = FileOperation::kAppend,
                         .count = 3,
                         .disk_full = true,
                         .short_write_bytes = short_bytes});
      for (int i = 0; i < 3; ++i) {
        CHECK(absl::IsResourceExhausted(AppendText(writer.get(), "not stored")));
      }
      REQUIRE(AppendText(writer.get(), "second").ok());
      REQUIRE(AppendText(writer.get(), "third").ok());
      const auto after = files.CrashState(short_bytes, CrashMode::kDropUnsynced);
      CHECK(ReplayAll(after.get()) == std::vector<std::string>{"first", "second", "third"});
      CHECK(files.AllPaths().size() == 2);  // attempts on a full disk leave nothing behind
    }
  }

  TEST_CASE("records enqueued behind a failed group in its segment fail with it") {
    SimulatedFileSystem files;
    files.SetSyncDelayMicroseconds(20'000);
    const auto writer = OpenWriter(&files);
    files.InjectFault({.kind = FileOperation::kSync});
    std::atomic<bool> second_ok{true};
    std::thread first([&] { CHECK(!AppendText(writer.get(), "first").ok()); });
    while (files.sync_count() == 0) std::this_thread::yield();
    std::thread second([&] { second_ok = AppendText(writer.get(), "second").ok(); });
    first.join();
    second.join();
    // Depending on who is first the second record was in the failed segment or in a new one.
    const std::vector<std::string> records =
        ReplayAll(files.CrashState(1, CrashMode::kDropUnsynced).get());
    CHECK(records == (second_ok ? std::vector<std::string>{"second"} : std::vector<std::string>{}));
  }

  TEST_CASE("a segment holds at least as much else as definitions, and counts them apart") {
    SimulatedFileSystem files;
    const auto writer = OpenWriter(&files, {.segment_bytes = 400});
    const auto append = [&](size_t definitions, size_t rest) {
      REQUIRE(writer
                  ->Append(WalRecordType::kEntries,
                           [&](uint64_t, std::string* payload) {
                             payload->append(definitions + rest, 'x');
                             return definitions;
                           })
                  .ok());
    };
    append(1000, 100);
    for (int i = 0; i < 7; ++i) append(0, 100);
    CHECK(writer->segment_id() == 1);
    CHECK(writer->content_bytes() == writer->total_bytes() - 1000);
    append(0, 100);  // crosses the line
    append(10, 100);
    CHECK(writer->segment_id() == 2);
    CHECK(writer->content_bytes() == writer->total_bytes() - 1010);
    REQUIRE(writer->RemoveSegmentsBefore(2).ok());
    CHECK(writer->content_bytes() == writer->total_bytes() - 10);
    // What an earlier process wrote is not known that well.
    REQUIRE(writer->Close().ok());
    const auto again = OpenWriter(&files);
    CHECK(again->content_bytes() == again->total_bytes());
  }

  TEST_CASE("a failed sync is never repeated on its file, and is never acknowledged") {
    for (const FileOperation kind : {FileOperation::kSync, FileOperation::kSyncDirectory,
                                     FileOperation::kCreate, FileOperation::kAppend}) {
      for (uint64_t first = 1; first <= 12; ++first) {
        CAPTURE(static_cast<int>(kind));
        CAPTURE(first);
        SimulatedFileSystem files;
        const auto writer = OpenWriter(&files, {.segment_bytes = 120});
        files.InjectFault({.kind = kind, .first = first, .count = 2});
        std::vector<std::string> acknowledged;
        for (int i = 0; i < 20; ++i) {
          const std::string text = "record " + std::to_string(i);
          const absl::Status status = AppendText(writer.get(), text);
          if (status.ok()) {
            acknowledged.push_back(text);
          } else {
            CHECK(absl::IsUnavailable(status));
          }
        }
        CHECK(acknowledged.size() >= 17);
        CHECK(files.syncs_after_failed_sync() == 0);
        const auto after = files.CrashState(first, CrashMode::kDropUnsynced);
        CHECK(ReplayAll(after.get()) == acknowledged);
      }
    }
  }

  TEST_CASE("a crash at any operation, into any legal state, loses nothing acknowledged") {
    int states = 0;
    for (uint64_t crash_at = 1;; ++crash_at) {
      SimulatedFileSystem files;
      files.CrashAtOperation(crash_at);
      std::vector<std::string> sent, acknowledged;
      bool removal_started = false;
      if (auto writer =
              WalWriter::Open(&files, std::string(kDirectory), 1, {.segment_bytes = 3000});
          writer.ok()) {
        for (int i = 0; i < 24; ++i) {
          const std::string text = std::to_string(i) + std::string(137 * (i % 7), 'a');
          sent.push_back(text);
          if (AppendText(writer->get(), text).ok()) acknowledged.push_back(text);
          if (i == 11) {
            const auto boundary = (*writer)->Rotate();
            removal_started = true;
            (*writer)->RemoveSegmentsBefore(*boundary).IgnoreError();
          }
        }
      }
      const bool finished = !files.crashed();
      for (uint64_t seed = 0; seed < 25; ++seed) {
        CAPTURE(crash_at);
        CAPTURE(seed);
        const CrashMode mode = seed == 0   ? CrashMode::kDropUnsynced
                               : seed == 1 ? CrashMode::kKeepAll
                               : seed == 2 ? CrashMode::kKeepNamesDropData
                                           : CrashMode::kRandom;
        const auto after = files.CrashState(seed * 1000 + crash_at, mode);
        const std::vector<std::string> found = ReplayAll(after.get());
        ++states;
        // Of the first twelve any may be gone once their removal has begun; all else acknowledged
        // must be there, in order, and nothing that was never sent.
        size_t at = 0;
        for (const std::string& text : found) {
          while (at < sent.size() && sent[at] != text) ++at;
          REQUIRE(at < sent.size());
          ++at;
        }
        const std::set<std::string> present(found.begin(), found.end());
        const std::set<std::string> removable(sent.begin(),
                                              sent.begin() + (removal_started ? 12 : 0));
        for (const std::string& text : acknowledged) {
          CHECK((present.contains(text) || removable.contains(text)));
        }
        auto again = WalWriter::Open(after.get(), std::string(kDirectory), 1, {});
        REQUIRE(again.ok());
        CHECK(AppendText(again->get(), "after the crash").ok());
        CHECK(ReplayAll(after.get()).back() == "after the crash");
      }
      if (finished) break;
    }
    MESSAGE("crash states: " << states);
  }
}

}  // namespace varve::storage
