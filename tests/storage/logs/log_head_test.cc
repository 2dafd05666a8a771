#include "storage/logs/log_head.h"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "storage/logs/log_selection.h"

namespace varve::storage {
namespace {

// Adds the number that each line of the snapshot begins with.
void Collect(std::vector<LogStreamSnapshot> streams, std::set<int>* numbers) {
  const auto selection = MakeLogSelection({}, std::move(streams), {}, TimeRange::All()).value();
  for (size_t i = 0; i < selection->size(); ++i) {
    auto cursor = selection->Open(i, {.range_ns = TimeRange::All(), .must_contain = {}}).value();
    LogColumns columns;
    while (cursor->Next(&columns).value()) {
      for (const std::string_view line : columns.lines)
        numbers->insert(std::stoi(std::string(line)));
    }
  }
}

TEST_SUITE("storage/logs/log_head") {
  TEST_CASE("appends, reads and flushes at one time lose nothing") {
    constexpr int kThreads = 3;
    constexpr int kEntries = 3000;
    LogHead head;
    std::atomic<int> running{kThreads};
    std::vector<std::thread> writers;
    for (int thread = 0; thread < kThreads; ++thread) {
      writers.emplace_back([&, thread] {
        for (int i = 0; i < kEntries; ++i) {
          const LabelSet labels{{"app", std::to_string((thread + i) % 4)}};
          const std::string line = std::to_string(thread * kEntries + i) + std::string(200, ' ');
          const Entry entry{i, line, {}};
          head.Append(head.GetOrCreate(labels), {&entry, 1});
        }
        --running;
      });
    }
    std::thread reader([&] {
      while (running > 0) {
        std::set<int> numbers;
        Collect(head.Snapshot({}, TimeRange::All()), &numbers);
      }
    });
    std::set<int> flushed;
    bool success = true;
    while (running > 0) {
      head.BeginFlush();
      std::vector<LogStreamSnapshot> streams = head.FlushSnapshot();
      success = !success;
      if (success) Collect(std::move(streams), &flushed);
      head.EndFlush(success);
    }
    for (std::thread& writer : writers) writer.join();
    reader.join();
    Collect(head.Snapshot({}, TimeRange::All()), &flushed);
    CHECK(flushed.size() == kThreads * kEntries);
  }

  TEST_CASE("an exact duplicate is read once, other metadata or another line is not one") {
    LogHead head;
    const LogHeadStreamPtr stream = head.GetOrCreate(LabelSet{{"app", "x"}});
    const LabelSet metadata{{"a", "1"}};
    const std::vector<Entry> entries{{1, "x", {}}, {1, "y", {}}, {1, "x", metadata}, {1, "x", {}}};
    CHECK(head.Append(stream, entries).accepted == 4);
    const auto streams = head.Snapshot({}, TimeRange::All());
    REQUIRE(streams.size() == 1);
    CHECK(streams[0].pieces[0].tail.entries.size() == 3);
  }

  TEST_CASE("a snapshot takes only streams that match and have entries in the range") {
    LogHead head;
    const Entry entry{100, "x", {}};
    for (const char* app : {"a", "b"}) {
      head.Append(head.GetOrCreate(LabelSet{{"app", app}}), {&entry, 1});
    }
    CHECK(head.Snapshot({Matcher::Equal("app", "b")}, {100, 101}).size() == 1);
    CHECK(head.Snapshot({}, {0, 101}).size() == 2);
    CHECK(head.Snapshot({}, {0, 100}).empty());
  }

  TEST_CASE("the last instant, which no range can name, is rejected") {
    LogHead head;
    const Entry entry{INT64_MAX, "x", {}};
    const LogAppendCounts counts = head.Append(head.GetOrCreate(LabelSet{{"a", "b"}}), {&entry, 1});
    CHECK(counts.accepted == 0);
    CHECK(counts.rejected == 1);
  }
}

}  // namespace
}  // namespace varve::storage
