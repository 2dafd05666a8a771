// Lines of every kind through all the places an entry lives in: head, log, flushed parts, merged
// parts. What comes back is what was written, byte for byte, in order, and once.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/io/clock.h"
#include "storage/io/simulated_file_system.h"
#include "storage/part/part_file.h"
#include "tests/storage/logs/line_generator.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = 1'795'219'200'000;
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr size_t kLongLineBytes = 256 << 10;

struct Line {
  int64_t timestamp_ns = 0;
  std::string line;
  LabelSet metadata;

  friend bool operator==(const Line&, const Line&) = default;
};

class Fixture {
 public:
  Fixture() { Open(); }

  Database* database() { return database_.get(); }
  // As after a crash: what is read comes from the log.
  void Reopen() {
    database_.reset();
    Open();
  }
  void Append(const LabelSet& labels, const std::vector<Line>& lines) {
    LogBatch batch;
    for (const Line& line : lines) {
      batch.entries.push_back({line.timestamp_ns, line.line, line.metadata});
    }
    batch.streams.push_back({labels, 0, static_cast<uint32_t>(batch.entries.size())});
    const AppendResult result = database_->AppendLogs(batch);
    REQUIRE(result.status.ok());
    REQUIRE(result.accepted == lines.size());
  }
  // Whether a part has lines as templates.
  bool HasTemplates() {
    for (const std::string& path : files_.AllPaths()) {
      const auto file = PartFile::Open(&files_, path);
      if (!file.ok()) continue;
      const SectionInfo* section = (*file)->FindSection(SectionId::kLogTemplates);
      if (section != nullptr && section->length > 16) return true;
    }
    return false;
  }
  // How many entries there are to a read that looks at nothing but their times.
  size_t Count() {
    const auto querier = database_->NewQuerier();
    auto selection = querier->SelectLogs({Matcher::NotEqual("app", "")}, TimeRange::All());
    REQUIRE(selection.ok());
    const LogReadOptions options{.range_ns = TimeRange::All(),
                                 .need_lines = false,
                                 .need_line_bytes = false,
                                 .need_metadata = false};
    size_t count = 0;
    for (size_t i = 0; i < (*selection)->size(); ++i) {
      auto cursor = (*selection)->Open(i, options);
      REQUIRE(cursor.ok());
      for (LogColumns columns; (*cursor)->Next(&columns).value();) count += columns.size;
    }
    return count;
  }
  std::vector<Line> Read(const LabelSet& labels) {
    const auto querier = database_->NewQuerier();
    auto selection = querier->SelectLogs(
        {Matcher::Equal("app", std::string(labels.view().Get("app")))}, TimeRange::All());
    REQUIRE(selection.ok());
    std::vector<Line> lines;
    for (size_t i = 0; i < (*selection)->size(); ++i) {
      auto cursor = (*selection)->Open(i, {.range_ns = TimeRange::All()});
      REQUIRE(cursor.ok());
      LogColumns columns;
      while (true) {
        const absl::StatusOr<bool> more = (*cursor)->Next(&columns);
        REQUIRE_MESSAGE(more.ok(), more.status().ToString());
        if (!*more) break;
        for (size_t k = 0; k < columns.size; ++k) {
          lines.push_back({columns.timestamps_ns[k], std::string(columns.lines[k]),
                           columns.metadata.empty() ? LabelSet() : LabelSet(columns.metadata[k])});
        }
      }
    }
    return lines;
  }

 private:
  void Open() {
    StorageOptions options;
    options.path = "data";
    options.files = &files_;
    options.clock = &clock_;
    options.background = false;
    auto opened = Database::Open(std::move(options));
    REQUIRE_MESSAGE(opened.ok(), opened.status().ToString());
    database_ = *std::move(opened);
  }

  SimulatedFileSystem files_;
  FakeClock clock_{kNowMs};
  std::unique_ptr<Database> database_;
};

TEST_SUITE("storage/log_round_trip") {
  TEST_CASE("every line comes back from head, log, parts and merged parts") {
    const uint64_t seed = std::random_device{}();
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    LineGenerator generator(seed);
    Fixture fixture;
    const LabelSet a{{"app", "a"}};
    const LabelSet b{{"app", "b"}};
    std::vector<Line> written_a;
    std::vector<Line> written_b;
    int64_t timestamp_ns = (kNowMs - 6 * 3'600'000) * 1'000'000;  // over midnight
    const auto check = [&] {
      CHECK((fixture.Read(a) == written_a));
      CHECK((fixture.Read(b) == written_b));
    };
    for (int round = 0; round < 6; ++round) {
      for (auto* written : {&written_a, &written_b}) {
        std::vector<Line> lines;
        for (int i = 0; i < 2'500; ++i) {
          // Equal timestamps keep the order of arrival.
          if (random() % 3 != 0) timestamp_ns += static_cast<int64_t>(random() % kSecondNs);
          Line line{timestamp_ns, generator.Next(), {}};
          if (random() % 9 == 0) line.metadata = LabelSet{{"id", std::to_string(random())}};
          // Distinct at their time, so that nothing is taken for a duplicate.
          line.line += static_cast<char>('a' + i % 26);
          line.line += std::to_string(i);
          lines.push_back(std::move(line));
        }
        if (round == 2) {
          std::string bytes(kLongLineBytes, '\0');
          for (char& c : bytes) c = static_cast<char>(random());
          lines.push_back({++timestamp_ns, bytes, {}});
          lines.push_back({++timestamp_ns, std::string(kLongLineBytes, '7'), {}});
        }
        fixture.Append(written == &written_a ? a : b, lines);
        written->insert(written->end(), lines.begin(), lines.end());
      }
      check();
      if (round % 2 == 1) {
        fixture.Reopen();
        check();
      }
      if (round == 1 || round == 3) {
        REQUIRE(fixture.database()->Flush().ok());
        check();
      }
      if (round == 3 || round == 5) {
        REQUIRE(fixture.database()->CompactAll().ok());
        check();
        fixture.Reopen();
        check();
      }
    }
  }

  TEST_CASE("what a client sends again is there once, wherever the first copy is") {
    Fixture fixture;
    const LabelSet a{{"app", "a"}};
    // Four at each time, not in the order of their text: that of arrival stays.
    std::vector<Line> lines;
    // So many that a part of them is a sealed block.
    for (int i = 0; i < 6'000; ++i) {
      lines.push_back({(kNowMs - 10'000) * 1'000'000 + i / 4,
                       "GET /user/" + std::to_string(i * 7'919 % 1'000) + " took 0.25 s",
                       i % 2 == 0 ? LabelSet() : LabelSet{{"id", "7"}}});
    }
    const auto check = [&] {
      CHECK((fixture.Read(a) == lines));
      CHECK(fixture.Count() == lines.size());
    };
    fixture.Append(a, lines);
    fixture.Append(a, lines);  // still in the head
    check();
    fixture.Reopen();  // both from the log
    check();
    fixture.Append(a, lines);
    check();
    REQUIRE(fixture.database()->Flush().ok());
    CHECK(fixture.database()->Stats().log_part_entries == lines.size());
    fixture.Append(a, lines);  // in a part
    check();
    fixture.Reopen();
    check();
    REQUIRE(fixture.database()->Flush().ok());  // in two parts
    check();
    fixture.Append(a, lines);
    check();
    REQUIRE(fixture.database()->CompactAll().ok());
    check();
    CHECK(fixture.database()->Stats().log_part_entries == lines.size());
    CHECK(fixture.HasTemplates());
    fixture.Append(a, lines);  // in a merged part
    check();
    fixture.Reopen();
    check();
    // Another metadata, another line, another time: none of them is a copy.
    std::vector<Line> others = {lines[0], lines[0], lines[0]};
    others[0].metadata = LabelSet{{"id", "8"}};
    others[1].line += "!";
    others[2].timestamp_ns -= 1;
    fixture.Append(a, others);
    const std::vector<Line> all = fixture.Read(a);
    CHECK(all.size() == lines.size() + 3);
    REQUIRE(fixture.database()->CompactAll().ok());
    CHECK((fixture.Read(a) == all));
    CHECK(fixture.database()->Stats().log_part_entries == all.size());
  }
}

}  // namespace
}  // namespace varve::storage
