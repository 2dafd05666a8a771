// Deletes of single log entries: those of a stream that a filter matches.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "absl/functional/function_ref.h"
#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs + kMillisecondsPerHour;  // not at the edge of a day
constexpr int64_t kNowNs = kNowMs * kNanosecondsPerMillisecond;

struct Fixture : DatabaseFixture {
  Fixture() { clock.Advance(kMillisecondsPerHour); }
};

std::vector<Matcher> App(std::string_view app) { return {Matcher::Equal("app", app)}; }

// Each line stands at its place in nanoseconds behind kNowNs.
void Write(Database* database, std::string_view app, const std::vector<std::string>& lines) {
  OwnedLogBatch batch;
  int64_t at_ns = kNowNs;
  for (const std::string& line : lines) {
    batch.lines.push_back({LabelSet{{"app", app}}, at_ns++, line, LabelSet{{"level", "info"}}});
  }
  REQUIRE(database->AppendLogs(batch.Finish()).status.ok());
}

std::string Read(const Database& database, LogReadOptions options,
                 absl::FunctionRef<std::string(const LogColumns&, size_t)> text_of) {
  std::string text;
  const auto selection = database.NewQuerier()->SelectLogs({}, options.range_ns);
  REQUIRE(selection.ok());
  for (size_t s = 0; s < (*selection)->size(); ++s) {
    text += std::string((*selection)->labels(s).Get("app")) + ":";
    const auto cursor = (*selection)->Open(s, options);
    REQUIRE(cursor.ok());
    LogColumns columns;
    while (*(*cursor)->Next(&columns)) {
      for (size_t i = 0; i < columns.size; ++i) text += " " + text_of(columns, i);
    }
    text += "\n";
  }
  return text;
}

std::string Lines(const Database& database, Direction direction = Direction::kForward,
                  TimeRange range_ns = TimeRange::All()) {
  return Read(database, {.range_ns = range_ns, .direction = direction},
              [](const LogColumns& columns, size_t i) {
                CHECK(columns.metadata[i].Get("level") == "info");
                CHECK(columns.line_bytes[i] == columns.lines[i].size());
                return std::string(columns.lines[i]);
              });
}

// "offset/bytes" of each entry, without reading lines.
std::string Sizes(const Database& database) {
  return Read(database, {.range_ns = TimeRange::All(), .need_lines = false, .need_metadata = false},
              [](const LogColumns& columns, size_t i) {
                return std::to_string(columns.timestamps_ns[i] - kNowNs) + "/" +
                       std::to_string(columns.line_bytes[i]);
              });
}

// The lines with a text, as a search that the storage does.
std::string Search(const Database& database, const std::string& needle) {
  LogReadOptions options{.range_ns = TimeRange::All()};
  options.line_conditions.push_back({.any_of = {needle}});
  return Read(database, options,
              [](const LogColumns& columns, size_t i) { return std::string(columns.lines[i]); });
}

// "entries/bytes of each app", as counted without reading what no delete reaches.
std::string Volumes(const Database& database, TimeRange range_ns = TimeRange::All()) {
  std::map<std::string, LogVolume> volumes;
  const auto streams = database.NewQuerier()->VolumeOfStreams({}, range_ns);
  REQUIRE(streams.ok());
  LogVolume all;
  for (const StreamVolume& one : *streams) {
    volumes[std::string(one.labels.Get("app"))] = one.volume;
    all += one.volume;
  }
  const auto sum = database.NewQuerier()->Volume({}, range_ns);
  REQUIRE(sum.ok());
  CHECK(sum->streams == streams->size());
  CHECK(sum->entries == all.entries);
  CHECK(sum->bytes == all.bytes);
  CHECK(sum->chunks == all.chunks);
  std::string text;
  for (const auto& [app, volume] : volumes) {
    text += app + ":" + std::to_string(volume.entries) + "/" + std::to_string(volume.bytes) + " ";
  }
  return text;
}

// "pattern lines; .." of the first stream.
std::string Patterns(const Database& database) {
  const auto selection = database.NewQuerier()->SelectLogs({}, TimeRange::All());
  REQUIRE(selection.ok());
  std::string text;
  const auto patterns = (*selection)->Patterns(0, TimeRange::All(), kNanosecondsPerSecond, "level");
  REQUIRE(patterns.ok());
  for (const LogPattern& pattern : *patterns) {
    CHECK(pattern.group == "info");
    text += pattern.text + " " + std::to_string(pattern.lines) + "; ";
  }
  return text;
}

// Runs `check` now and after each thing that moves data: restart, flush, merge, rewrite.
void Everywhere(Fixture* fixture, std::unique_ptr<Database>* database,
                absl::FunctionRef<void()> check) {
  const auto check_when = [&](const char* when) {
    CAPTURE(when);
    check();
  };
  check_when("at once");
  database->reset();  // as a crash
  *database = fixture->Open();
  check_when("after a crash");
  REQUIRE((*database)->CompactAll().ok());
  check_when("after compaction");
  REQUIRE((*database)->CleanDeletions().ok());
  check_when("after the rewrite");
  CHECK((*database)->PendingDeletions().empty());
  REQUIRE((*database)->Close().ok());
  *database = fixture->Open();
  check_when("after a restart");
}

}  // namespace

TEST_SUITE("storage/entry_deletion") {
  TEST_CASE("the entries that the filter matches go, in head and in parts, and no others") {
    for (const bool flushed : {false, true}) {
      CAPTURE(flushed);
      Fixture fixture;
      auto database = fixture.Open();
      Write(database.get(), "a", {"x1", "y2", "x3", "y4", "x5"});
      Write(database.get(), "b", {"x6", "y7"});
      if (flushed) REQUIRE(database->Flush().ok());
      const auto id = database->DeleteEntries({App("a"), {kNowNs, kNowNs + 4}, "x"});
      REQUIRE(id.ok());
      CHECK(database->PendingDeletions() == std::vector<uint64_t>{*id});
      Everywhere(&fixture, &database, [&] {
        CHECK(Lines(*database) == "a: y2 y4 x5\nb: x6 y7\n");
        CHECK(Lines(*database, Direction::kBackward) == "a: x5 y4 y2\nb: y7 x6\n");
        CHECK(Lines(*database, Direction::kForward, {kNowNs, kNowNs + 1}) == "b: x6\n");
        CHECK(Sizes(*database) == "a: 1/2 3/2 4/2\nb: 0/2 1/2\n");
        CHECK(Search(*database, "x") == "a: x5\nb: x6\n");
        // A line of two bytes, and metadata of 11 bytes packed.
        CHECK(Volumes(*database) == "a:3/39 b:2/26 ");
        CHECK(Volumes(*database) == "a:3/39 b:2/26 ");  // as remembered
        CHECK(Volumes(*database, {kNowNs - 10, kNowNs}) == "");
        CHECK(Patterns(*database) == "y<_> 2; x<_> 1; ");
      });
    }
  }

  TEST_CASE("a stream of which every entry is hidden is no stream") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {"x1", "x2"});
    Write(database.get(), "b", {"x1"});
    REQUIRE(database->DeleteEntries({App("a"), TimeRange::All(), "x"}).ok());
    Everywhere(&fixture, &database, [&] {
      CHECK(Lines(*database) == "b: x1\n");
      CHECK(*database->NewQuerier()->LogLabelValues("app", {}, TimeRange::All()) ==
            std::vector<std::string>{"b"});
      CHECK(Volumes(*database) == "b:1/13 ");
    });
  }

  TEST_CASE("what is sent after a delete is not hidden, were it the same again") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {"x1", "y2"});
    REQUIRE(database->DeleteEntries({App("a"), TimeRange::All(), "x"}).ok());
    CHECK(Lines(*database) == "a: y2\n");
    Write(database.get(), "a", {"x1"});
    Everywhere(&fixture, &database, [&] { CHECK(Lines(*database) == "a: x1 y2\n"); });
  }

  TEST_CASE("filters and deletes of whole streams meet in one stream") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {"x1", "y2", "z3", "x4", "y5", "z6"});
    REQUIRE(database->DeleteEntries({App("a"), TimeRange::All(), "x"}).ok());
    REQUIRE(database->DeleteEntries({App("a"), {kNowNs + 4, kNowNs + 10}, "z"}).ok());
    REQUIRE(database->Delete(Signal::kLogs, App("a"), {kNowNs + 1, kNowNs + 2}).ok());
    Everywhere(&fixture, &database, [&] {
      CHECK(Lines(*database) == "a: z3 y5\n");
      CHECK(Volumes(*database) == "a:2/26 ");
    });
  }

  TEST_CASE("equal deletes share an id, and a delete of nothing has none") {
    Fixture fixture;
    auto database = fixture.Open();
    CHECK(*database->DeleteEntries({App("a"), TimeRange::All(), "x"}) == 0);
    Write(database.get(), "a", {"x1", "y2"});
    const uint64_t first = *database->DeleteEntries({App("a"), TimeRange::All(), "x"});
    CHECK(*database->DeleteEntries({App("a"), {kNowNs, kNowNs + 1}, "x"}) == first);
    CHECK(*database->DeleteEntries({App("a"), TimeRange::All(), "y"}) != first);
    CHECK(database->PendingDeletions().size() == 2);
    // A delete of all entries hides what any filter would.
    const uint64_t whole = *database->DeleteEntries({App("a"), TimeRange::All(), ""});
    CHECK(*database->DeleteEntries({App("a"), TimeRange::All(), "z"}) == whole);
  }

  TEST_CASE("a delete can be cancelled until it is physical") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {"x1", "y2"});
    const uint64_t id = *database->DeleteEntries({App("a"), TimeRange::All(), "x"});
    CHECK(Lines(*database) == "a: y2\n");
    REQUIRE(database->CancelDeletion(id).ok());
    CHECK(Lines(*database) == "a: x1 y2\n");
    CHECK(absl::IsNotFound(database->CancelDeletion(id)));
    const uint64_t again = *database->DeleteEntries({App("a"), TimeRange::All(), "x"});
    CHECK(again != id);
    REQUIRE(database->CleanDeletions().ok());
    CHECK(absl::IsNotFound(database->CancelDeletion(again)));
    CHECK(Lines(*database) == "a: y2\n");
  }

  TEST_CASE("volumes count what is left in blocks that a delete reaches, and others as they are") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    Fixture fixture;
    auto database = fixture.Open();
    // Blocks of one stream that begin at the time the one before ends.
    constexpr int64_t kLines = 3000;
    OwnedLogBatch batch;
    for (int64_t i = 0; i < kLines; ++i) {
      const std::string line = (random() % 3 == 0 ? "x" : "y") + std::string(random() % 400, '.');
      batch.lines.push_back({LabelSet{{"app", "a"}}, kNowNs + i / 100, line, LabelSet()});
    }
    REQUIRE(database->AppendLogs(batch.Finish()).status.ok());
    REQUIRE(database->Flush().ok());
    const auto count = [&] {
      LogVolume seen;
      const std::string sizes = Sizes(*database);
      for (size_t at = 0; (at = sizes.find('/', at)) != sizes.npos; ++at) {
        ++seen.entries;
        seen.bytes += std::stoull(sizes.substr(at + 1));
      }
      return "a:" + std::to_string(seen.entries) + "/" + std::to_string(seen.bytes) + " ";
    };
    CHECK(Volumes(*database) == count());
    for (int i = 0; i < 5; ++i) {
      const int64_t begin_ns = kNowNs + static_cast<int64_t>(random() % 20);
      REQUIRE(database->DeleteEntries({App("a"), {begin_ns, begin_ns + 3}, i % 2 ? "" : "x"}).ok());
      CHECK(Volumes(*database) == count());
    }
    REQUIRE(database->CleanDeletions().ok());
    CHECK(Volumes(*database) == count());
  }

  TEST_CASE("where deletes only hide, what they hide stays in its part") {
    Fixture fixture;
    StorageOptions options = fixture.Options();
    options.keep_deleted_entries = true;
    options.deletion_delay_ms = 60'000;
    auto database = fixture.Open(options);
    Write(database.get(), "a", {"x1", "y2"});
    REQUIRE(database->Flush().ok());
    Write(database.get(), "b", {"x3"});
    REQUIRE(database->Flush().ok());
    const uint64_t id = *database->DeleteEntries({App("a"), TimeRange::All(), "x"});
    REQUIRE(database->CompactAll().ok());
    REQUIRE(database->CleanDeletions().ok());
    fixture.clock.Advance(60'001);
    REQUIRE(database->Maintain().ok());
    fixture.clock.Advance(60'001);
    REQUIRE(database->Maintain().ok());
    CHECK(Lines(*database) == "a: y2\nb: x3\n");
    CHECK(Volumes(*database) == "a:1/13 b:1/13 ");
    CHECK(database->PendingDeletions() == std::vector<uint64_t>{id});
    CHECK(fixture.PartFiles() == 2);
    database.reset();
    database = fixture.Open(options);
    CHECK(Lines(*database) == "a: y2\nb: x3\n");
    REQUIRE(database->CancelDeletion(id).ok());
    CHECK(Lines(*database) == "a: x1 y2\nb: x3\n");
    REQUIRE(database->CompactAll().ok());
    CHECK(fixture.PartFiles() == 1);
    // Opened in the other mode, what is hidden goes.
    REQUIRE(database->DeleteEntries({App("a"), TimeRange::All(), "x"}).ok());
    database.reset();
    database = fixture.Open();
    REQUIRE(database->CleanDeletions().ok());
    CHECK(database->PendingDeletions().empty());
    CHECK(Lines(*database) == "a: y2\nb: x3\n");
  }

  TEST_CASE("maintenance makes a delete physical when its time has come") {
    Fixture fixture;
    StorageOptions options = fixture.Options();
    options.deletion_delay_ms = 60'000;
    auto database = fixture.Open(options);
    Write(database.get(), "a", {"x1", "y2"});
    REQUIRE(database->DeleteEntries({App("a"), TimeRange::All(), "x"}).ok());
    REQUIRE(database->Maintain().ok());
    fixture.clock.Advance(59'999);
    REQUIRE(database->Maintain().ok());
    CHECK(database->PendingDeletions().size() == 1);
    fixture.clock.Advance(1);
    REQUIRE(database->Maintain().ok());
    CHECK(database->PendingDeletions().empty());
    CHECK(Lines(*database) == "a: y2\n");
  }

  TEST_CASE("a filter that does not compile deletes nothing, and keeps a database closed") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {"x1"});
    CHECK(absl::IsInvalidArgument(
        database->DeleteEntries({App("a"), TimeRange::All(), "!"}).status()));
    CHECK(Lines(*database) == "a: x1\n");
    Write(database.get(), "a", {"x1", "y2"});
    REQUIRE(database->DeleteEntries({App("a"), TimeRange::All(), "x"}).ok());
    REQUIRE(database->Close().ok());
    database.reset();
    StorageOptions options = fixture.Options();
    options.compile_entry_filter = nullptr;
    CHECK(absl::IsFailedPrecondition(Database::Open(options).status()));
    CHECK(Lines(*fixture.Open()) == "a: y2\n");
  }

  TEST_CASE("random deletes of entries hide just what they match") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 20; ++round) {
      Fixture fixture;
      auto database = fixture.Open();
      std::set<std::pair<int64_t, std::string>> expected;
      for (int step = 0; step < 12; ++step) {
        OwnedLogBatch batch;
        for (int i = 0; i < 300; ++i) {
          const auto offset = static_cast<int64_t>(random() % 5000);
          const std::string line =
              "user " + std::to_string(random() % 100) + " of " + std::to_string(random() % 1000);
          batch.lines.push_back({LabelSet{{"app", "a"}}, kNowNs + offset, line, {}});
          expected.emplace(kNowNs + offset, line);
        }
        REQUIRE(database->AppendLogs(batch.Finish()).status.ok());
        if (random() % 3 == 0) REQUIRE(database->Flush().ok());
        if (random() % 5 == 0) REQUIRE(database->CompactAll().ok());
        const auto begin = kNowNs + static_cast<int64_t>(random() % 5000);
        const TimeRange range_ns{begin, begin + static_cast<int64_t>(random() % 4000)};
        const std::string filter = "user " + std::to_string(random() % 10);
        REQUIRE(database->DeleteEntries({App("a"), range_ns, filter}).ok());
        std::erase_if(expected, [&](const auto& entry) {
          return range_ns.Contains(entry.first) && entry.second.find(filter) != std::string::npos;
        });
      }
      for (const bool clean : {false, true}) {
        if (clean) REQUIRE(database->CleanDeletions().ok());
        std::set<std::pair<int64_t, std::string>> found;
        const auto selection = database->NewQuerier()->SelectLogs({}, TimeRange::All());
        REQUIRE(selection.ok());
        for (size_t s = 0; s < (*selection)->size(); ++s) {
          const auto cursor = (*selection)->Open(s, {.range_ns = TimeRange::All()});
          LogColumns columns;
          while (*(*cursor)->Next(&columns)) {
            for (size_t i = 0; i < columns.size; ++i) {
              found.emplace(columns.timestamps_ns[i], std::string(columns.lines[i]));
            }
          }
        }
        CHECK(found == expected);
      }
    }
  }
}

}  // namespace varve::storage
