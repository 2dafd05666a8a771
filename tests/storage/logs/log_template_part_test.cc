// Parts whose blocks are made small: templates, merges of such parts, damage, and the golden file.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "storage/io/simulated_file_system.h"
#include "storage/logs/log_part.h"
#include "storage/logs/log_part_merge.h"
#include "storage/logs/log_part_verify.h"
#include "storage/logs/log_part_writer.h"
#include "storage/logs/log_selection.h"
#include "tests/storage/logs/line_generator.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr char kGoldenPath[] = "tests/golden/log_part_v3/example.part";
constexpr char kVersion2Path[] = "tests/golden/log_part_v2/example.part";
constexpr int64_t kStartNs = 1'767'225'600'000'000'000;

struct OwnedLine {
  int64_t timestamp_ns = 0;
  std::string line;
  LabelSet metadata;
};
struct StreamContent {
  LabelSet labels;
  std::vector<OwnedLine> entries;
};

std::string WritePart(const std::vector<StreamContent>& streams, bool small) {
  SimulatedFileSystem files;
  auto writer = LogPartWriter::Create(&files, "part").value();
  if (small) writer->MakeBlocksSmall();
  for (const StreamContent& stream : streams) {
    REQUIRE(writer->BeginStream(stream.labels).ok());
    for (const OwnedLine& entry : stream.entries) {
      REQUIRE(writer->Add({entry.timestamp_ns, entry.line, entry.metadata}).ok());
    }
  }
  REQUIRE(writer->Finish({.part_id = 9, .level = 2, .partition_day = 20454}).ok());
  return files.Content("part");
}

std::string Merge(const std::vector<VisibleLogPart>& parts, bool small) {
  SimulatedFileSystem files;
  auto writer = LogPartWriter::Create(&files, "part").value();
  if (small) writer->MakeBlocksSmall();
  REQUIRE(MergeLogParts(parts, writer.get()).ok());
  REQUIRE(writer->Finish({.part_id = 10, .level = 2, .partition_day = 20454}).ok());
  return files.Content("part");
}

absl::StatusOr<LogPartPtr> OpenPart(SimulatedFileSystem* files, std::string_view bytes) {
  static int next = 0;
  const std::string name = "part" + std::to_string(next++);  // parts that are open stay as they are
  files->SetContent(name, std::string(bytes));
  absl::StatusOr<std::shared_ptr<PartFile>> file = PartFile::Open(files, name);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::shared_ptr<LogPart>> part = LogPart::Open(*std::move(file));
  if (!part.ok()) return part.status();
  return LogPartPtr(*std::move(part));
}

// All entries that `options` ask for as text, or the first error.
absl::StatusOr<std::string> Read(const std::vector<VisibleLogPart>& parts,
                                 const LogReadOptions& options) {
  auto selection = MakeLogSelection(parts, {}, {}, TimeRange::All());
  if (!selection.ok()) return selection.status();
  std::string text;
  for (size_t i = 0; i < (*selection)->size(); ++i) {
    text += (*selection)->labels(i).ToString() + "\n";
    auto cursor = (*selection)->Open(i, options);
    LogColumns columns;
    while (true) {
      const absl::StatusOr<bool> more = (*cursor)->Next(&columns);
      if (!more.ok()) return more.status();
      if (!*more) break;
      if (options.batch_entries_max != 0) CHECK(columns.size <= options.batch_entries_max);
      for (size_t k = 0; k < columns.size; ++k) {
        text += std::to_string(columns.timestamps_ns[k]);
        if (options.need_lines) {
          const size_t line = columns.line_ids.empty() ? k : columns.line_ids[k];
          text += " " + std::string(columns.lines[line]);
        }
        if (!columns.metadata.empty() && !columns.metadata[k].empty()) {
          text += columns.metadata[k].ToString();
        }
        text += "\n";
      }
    }
  }
  return text;
}

LogReadOptions All() { return {.range_ns = TimeRange::All()}; }

bool Meets(const OwnedLine& entry, const LogReadOptions& options) {
  for (const LineCondition& condition : options.line_conditions) {
    bool contains = false;
    for (const std::string& text : condition.any_of) {
      const LineSearch search(text, condition.fold_case ? LetterCase::kEither : LetterCase::kExact);
      contains = contains || search.In(entry.line);
    }
    if (contains == condition.negative) return false;
  }
  for (const MetadataCondition& condition : options.metadata_conditions) {
    if (entry.metadata.view().Get(condition.name) != condition.value) return false;
  }
  return true;
}

// What Read should say.
std::string Expected(const std::vector<StreamContent>& streams, const LogReadOptions& options) {
  std::string text;
  for (const StreamContent& stream : streams) {
    text += stream.labels.view().ToString() + "\n";
    std::vector<std::string> found;
    for (const OwnedLine& entry : stream.entries) {
      if (!Meets(entry, options)) continue;
      std::string row = std::to_string(entry.timestamp_ns);
      if (options.need_lines) row += " " + entry.line;
      if (!entry.metadata.view().empty()) row += entry.metadata.view().ToString();
      found.push_back(row + "\n");
    }
    if (options.direction == Direction::kBackward) std::reverse(found.begin(), found.end());
    for (const std::string& row : found) text += row;
  }
  return text;
}

std::vector<StreamContent> Generate(uint64_t seed, size_t lines, int64_t first_ns) {
  LineGenerator generator(seed);
  std::mt19937_64 random(seed);
  std::vector<StreamContent> streams;
  for (const std::string_view app : {"a", "b", "c"}) {
    StreamContent stream{LabelSet{{"app", app}}, {}};
    int64_t timestamp_ns = first_ns;
    for (size_t i = 0; i < lines; ++i) {
      LabelSet metadata;
      if (app == "b" && random() % 4 != 0) {
        metadata = LabelSet{{"level", random() % 2 == 0 ? "info" : "warn"},
                            {"trace_id", std::to_string(random() % 1'000'000'007)}};
      }
      stream.entries.push_back({timestamp_ns, generator.Next(), std::move(metadata)});
      timestamp_ns += 1 + static_cast<int64_t>(random() % 3'000'000'000);
    }
    streams.push_back(std::move(stream));
  }
  return streams;
}

// The example of log_part_format.md.
std::vector<StreamContent> Example() {
  StreamContent api{LabelSet{{"app", "api"}}, {}};
  for (int64_t i = 0; i < 8; ++i) {
    api.entries.push_back(
        {kStartNs + i * 1'000'000'000,
         "GET /user/" + std::to_string(40 + 3 * i) + " took 0." + std::to_string(25 + i) + " s",
         {}});
  }
  return {api};
}

// Asks for short lines that are the whole ones, but for shapes that begin with some letters.
class WholeShapes final : public LineShortener {
 public:
  std::optional<ShortLine> Shorten(const LineShape& shape) override {
    if (!shape.text.empty() && shape.text[0] == '[') return std::nullopt;
    ++shapes;
    ShortLine line;
    line.Append(shape, 0, shape.text.size());
    return line;
  }
  bool Keeps(std::string_view line, LabelSetView metadata) override {
    return line.find("error") == line.npos || !metadata.empty();
  }

  size_t shapes = 0;
};

TEST_SUITE("storage/logs/log_template_part") {
  TEST_CASE("a merge makes parts small; what is read stays the same, whatever is asked for") {
    for (const uint64_t seed : {101, 102}) {
      CAPTURE(seed);
      const std::vector<StreamContent> streams = Generate(seed, 4'000, kStartNs);
      SimulatedFileSystem files;
      const LogPartPtr plain = OpenPart(&files, WritePart(streams, false)).value();
      const std::string merged = Merge({plain}, true);
      const LogPartPtr small = OpenPart(&files, merged).value();
      CHECK(small->file().size() < plain->file().size());
      CHECK(VerifyLogPart(*small).ok());
      CHECK(small->Templates().ok());
      // Merged once more, as a day is of its windows.
      const LogPartPtr again = OpenPart(&files, Merge({small}, true)).value();
      CHECK(VerifyLogPart(*again).ok());
      const LogPartPtr kept = OpenPart(&files, Merge({small}, false)).value();

      std::vector<LogReadOptions> asked(1, All());
      for (const std::string_view text : {"error", "took", "77", "Failed password", ":", "ERROR"}) {
        for (const bool fold : {false, true}) {
          for (const bool negative : {false, true}) {
            LogReadOptions options = All();
            options.line_conditions.push_back(
                {.any_of = {std::string(text)}, .fold_case = fold, .negative = negative});
            options.direction = negative ? Direction::kBackward : Direction::kForward;
            options.batch_entries_max = fold ? 100 : 0;
            options.need_lines = text != ":";
            options.need_line_bytes = text != "77";
            asked.push_back(options);
          }
        }
      }
      asked.push_back(All());
      asked.back().line_conditions = {{.any_of = {"user", "root"}}, {.any_of = {"in", "TASK"}}};
      asked.push_back(All());
      asked.back().line_conditions = {{.any_of = {}}};
      asked.push_back(All());
      asked.back().metadata_conditions = {{"level", "warn"}};
      for (const OwnedLine& entry : streams[1].entries) {
        if (entry.metadata.view().empty()) continue;
        asked.push_back(All());
        asked.back().metadata_conditions = {
            {"trace_id", std::string(entry.metadata.view().Get("trace_id"))}};
        if (asked.size() > 40) break;
      }
      for (const LogReadOptions& options : asked) {
        const std::string expected = Expected(streams, options);
        for (const LogPartPtr& part : {plain, small, again, kept}) {
          const absl::StatusOr<std::string> found = Read({part}, options);
          REQUIRE(found.ok());
          CHECK((*found == expected));
        }
      }
    }
  }

  TEST_CASE("parts with templates of their own are merged: by time, and mixed") {
    SimulatedFileSystem files;
    std::vector<StreamContent> early = Generate(7, 9'000, kStartNs);
    const int64_t gap_ns = 10'000 * 3'000'000'000LL;
    std::vector<StreamContent> late = Generate(8, 9'000, kStartNs + gap_ns);
    const LogPartPtr first = OpenPart(&files, WritePart(early, true)).value();
    const LogPartPtr second = OpenPart(&files, WritePart(late, true)).value();
    const LogPartPtr merged = OpenPart(&files, Merge({first, second}, true)).value();
    CHECK(VerifyLogPart(*merged).ok());
    CHECK((Read({merged}, All()).value() == Read({first, second}, All()).value()));

    const LogPartPtr overlapping =
        OpenPart(&files, WritePart(Generate(9, 9'000, kStartNs + 5), true)).value();
    const LogPartPtr mixed = OpenPart(&files, Merge({first, overlapping}, true)).value();
    CHECK(VerifyLogPart(*mixed).ok());
    CHECK((Read({mixed}, All()).value() == Read({first, overlapping}, All()).value()));
    // The same entries again are there once.
    const LogPartPtr twice = OpenPart(&files, Merge({first, first}, true)).value();
    CHECK((Read({twice}, All()).value() == Read({first}, All()).value()));
  }

  TEST_CASE("short lines stand for the lines of templates, where parts overlap too") {
    SimulatedFileSystem files;
    const std::vector<StreamContent> streams = Generate(21, 3'000, kStartNs);
    const LogPartPtr first = OpenPart(&files, WritePart(streams, true)).value();
    // The same entries, and others at the same times.
    std::vector<StreamContent> more = streams;
    for (StreamContent& stream : more) {
      for (size_t i = 0; i < stream.entries.size(); i += 3) stream.entries[i].line += "!";
    }
    const LogPartPtr second = OpenPart(&files, WritePart(more, true)).value();
    for (const auto& parts : {std::vector<VisibleLogPart>{first}, {first, second}}) {
      for (const Direction direction : {Direction::kForward, Direction::kBackward}) {
        for (const uint32_t batch : {0, 100}) {
          WholeShapes shortener;
          LogReadOptions options = All();
          options.direction = direction;
          options.batch_entries_max = batch;
          const std::string whole = Read(parts, options).value();
          options.shortener = &shortener;
          options.short_lines = true;
          CHECK((Read(parts, options).value() == whole));
          CHECK(shortener.shapes > 0);
        }
      }
    }
    // What is not kept is left out, of entries that have a short line.
    WholeShapes shortener;
    LogReadOptions options = All();
    options.shortener = &shortener;
    const std::string kept = Read({first}, options).value();
    size_t left_out = 0;
    for (const StreamContent& stream : streams) {
      for (const OwnedLine& entry : stream.entries) {
        const std::string row = std::to_string(entry.timestamp_ns) + " " + entry.line;
        if (kept.find(row) != kept.npos) continue;
        ++left_out;
        CHECK(!shortener.Keeps(entry.line, entry.metadata.view()));
      }
    }
    CHECK(left_out > 0);
  }

  TEST_CASE("metadata of names that nobody looks at is left out") {
    SimulatedFileSystem files;
    const std::vector<StreamContent> streams = Generate(22, 500, kStartNs);
    const LogPartPtr part = OpenPart(&files, WritePart(streams, true)).value();
    LogReadOptions options = All();
    const std::string whole = Read({part}, options).value();
    options.all_metadata = false;
    options.metadata_names = {"level"};
    CHECK((Read({part}, options).value() == whole));
    options.metadata_names = {"levels", "trace"};
    CHECK(Read({part}, options).value().find("trace_id=") == std::string::npos);
  }

  TEST_CASE("every flipped bit is found by verify and never changes what is read") {
    std::vector<StreamContent> streams = Example();
    streams.push_back({LabelSet{{"app", "db"}}, {{kStartNs, "slow", LabelSet{{"id", "7"}}}}});
    const std::string bytes = WritePart(streams, true);
    SimulatedFileSystem files;
    LogReadOptions some = All();
    some.line_conditions = {{.any_of = {"user/4"}}};
    const LogPartPtr whole = OpenPart(&files, bytes).value();
    REQUIRE(whole->Templates().ok());
    const std::string all = Read({whole}, All()).value();
    const std::string found = Read({whole}, some).value();
    REQUIRE(found != all);
    size_t unnoticed = 0;
    size_t unreadable = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const int bit : {0, 3, 7}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
        const absl::StatusOr<LogPartPtr> part = OpenPart(&files, damaged);
        if (!part.ok()) continue;
        if (VerifyLogPart(**part).ok()) ++unnoticed;
        const absl::StatusOr<std::string> read = Read({*part}, All());
        if (read.ok()) CHECK(*read == all);
        if (!read.ok()) ++unreadable;
        const absl::StatusOr<std::string> searched = Read({*part}, some);
        if (searched.ok()) CHECK(*searched == found);
      }
    }
    CHECK(unnoticed == 0);
    // Damage of the templates is none: there are two of them.
    const SectionInfo* data = whole->file().FindSection(SectionId::kLogData);
    REQUIRE(data != nullptr);
    CHECK(unreadable <= 3 * data->length);
    for (const SectionId id : {SectionId::kLogTemplates, SectionId::kLogTemplatesCopy}) {
      const SectionInfo* section = whole->file().FindSection(id);
      REQUIRE(section != nullptr);
      std::string damaged = bytes;
      damaged[section->offset + section->length / 2] ^= 1;
      CHECK(Read({OpenPart(&files, damaged).value()}, All()).value() == all);
    }
  }

  TEST_CASE("patterns are counted over time, from templates as from lines") {
    const std::vector<StreamContent> streams = Example();
    SimulatedFileSystem files;
    for (const bool small : {false, true}) {
      const LogPartPtr part = OpenPart(&files, WritePart(streams, small)).value();
      const auto selection = MakeLogSelection({part}, {}, {}, TimeRange::All()).value();
      const TimeRange range_ns{kStartNs + 1, kStartNs + 6'000'000'001};
      const std::vector<LogPattern> found =
          selection->Patterns(0, range_ns, 2'000'000'000, "").value();
      REQUIRE(found.size() == 1);
      CHECK(found[0].text == "GET /user/<_> took <_> s");
      CHECK(found[0].lines == 6);
      CHECK(found[0].steps ==
            std::vector<std::pair<int64_t, uint64_t>>{{kStartNs, 1},
                                                      {kStartNs + 2'000'000'000, 2},
                                                      {kStartNs + 4'000'000'000, 2},
                                                      {kStartNs + 6'000'000'000, 1}});
    }
  }

  TEST_CASE("the example of log_part_format.md is written and read as version 3 says") {
    const std::string fresh = WritePart(Example(), true);
    CHECK((test::GoldenFile(kGoldenPath, fresh) == fresh));
    SimulatedFileSystem files;
    const LogPartPtr part = OpenPart(&files, fresh).value();
    CHECK(Read({part}, All()).value() == Expected(Example(), All()));
    REQUIRE(part->Templates().ok());
    CHECK((*part->Templates())->at(1).ToString() == "GET /user/<_> took <_> s");
  }

  TEST_CASE("a part of version 2 is read") {
    SimulatedFileSystem files;
    const std::string old = FileSystem::Posix()->ReadFile(kVersion2Path).value();
    CHECK(Read({OpenPart(&files, old).value()}, All()).value() == Expected(Example(), All()));
  }
}

}  // namespace
}  // namespace varve::storage
