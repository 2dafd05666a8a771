#include "storage/logs/log_part.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/io/simulated_file_system.h"
#include "storage/logs/log_part_verify.h"
#include "storage/logs/log_part_writer.h"
#include "storage/logs/log_selection.h"

namespace varve::storage {
namespace {

constexpr char kGoldenPath[] = "tests/golden/log_part_v1/example.part";
constexpr int64_t kStartNs = 1'767'225'600'000'000'000;

struct StreamContent {
  LabelSet labels;
  std::vector<Entry> entries;
};

// The example of log_part_format.md.
std::vector<StreamContent> Example() {
  static const LabelSet trace{{"trace_id", "7f"}};
  return {{LabelSet{{"app", "api"}},
           {{kStartNs, "GET /health 200", {}}, {kStartNs + 5, "GET /user/7 404", trace}}},
          {LabelSet{{"app", "db"}}, {{kStartNs + 3, "", {}}}}};
}

std::string WritePart(const std::vector<StreamContent>& streams) {
  SimulatedFileSystem files;
  auto writer = LogPartWriter::Create(&files, "part").value();
  for (const StreamContent& stream : streams) {
    REQUIRE(writer->BeginStream(stream.labels).ok());
    for (const Entry& entry : stream.entries) REQUIRE(writer->Add(entry).ok());
  }
  REQUIRE(writer->Finish({.part_id = 9, .level = 0, .partition_day = 20454}).ok());
  return files.Content("part");
}

absl::StatusOr<LogPartPtr> OpenPart(SimulatedFileSystem* files, std::string_view bytes) {
  files->SetContent("damaged", std::string(bytes));
  absl::StatusOr<std::shared_ptr<PartFile>> file = PartFile::Open(files, "damaged");
  if (!file.ok()) return file.status();
  absl::StatusOr<std::shared_ptr<LogPart>> part = LogPart::Open(*std::move(file));
  if (!part.ok()) return part.status();
  return LogPartPtr(*std::move(part));
}

// All entries as text, or the first error.
absl::StatusOr<std::string> ReadAll(const LogPartPtr& part,
                                    const std::vector<std::string>& must_contain) {
  auto selection = MakeLogSelection({part}, {}, {}, TimeRange::All());
  if (!selection.ok()) return selection.status();
  std::string text;
  for (size_t i = 0; i < (*selection)->size(); ++i) {
    text += (*selection)->labels(i).ToString();
    auto cursor =
        (*selection)->Open(i, {.range_ns = TimeRange::All(), .must_contain = must_contain});
    LogColumns columns;
    while (true) {
      const absl::StatusOr<bool> more = (*cursor)->Next(&columns);
      if (!more.ok()) return more.status();
      if (!*more) break;
      for (size_t k = 0; k < columns.size; ++k) {
        text += std::to_string(columns.timestamps_ns[k]) + " " + std::string(columns.lines[k]);
        if (!columns.metadata.empty()) text += columns.metadata[k].ToString();
        text += "\n";
      }
    }
  }
  return text;
}

TEST_SUITE("storage/logs/log_part") {
  TEST_CASE("small streams share one block and are read apart") {
    SimulatedFileSystem files;
    const LogPartPtr part = OpenPart(&files, WritePart(Example())).value();
    CHECK(part->directory().blocks.size() == 1);
    CHECK(part->directory().runs.size() == 2);
    CHECK(part->metadata().entry_count == 3);
    CHECK(part->StreamRange(0) == TimeRange{kStartNs, kStartNs + 6});
    CHECK(part->Match({Matcher::Equal("app", "db")}, TimeRange::All()).value() == IdList{1});
    CHECK(part->Match({}, {kStartNs + 3, kStartNs + 4}).value() == IdList{0, 1});
    CHECK(part->Match({}, {kStartNs, kStartNs + 1}).value() == IdList{0});
    CHECK(VerifyLogPart(*part).ok());
    CHECK(ReadAll(part, {"user"}).value() ==
          "{app=\"api\"}1767225600000000005 GET /user/7 404{trace_id=\"7f\"}\n{app=\"db\"}");
    CHECK(InspectLogPart(*part).find("entries 3\n") != std::string::npos);
  }

  TEST_CASE("streams and entries out of order are refused") {
    SimulatedFileSystem files;
    auto writer = LogPartWriter::Create(&files, "part").value();
    CHECK_FALSE(writer->Add({1, "x", {}}).ok());
    CHECK_FALSE(writer->Finish({}).ok());
    writer = LogPartWriter::Create(&files, "part").value();
    REQUIRE(writer->BeginStream(LabelSet{{"a", "b"}}).ok());
    REQUIRE(writer->Add({5, "x", {}}).ok());
    CHECK_FALSE(writer->Add({4, "x", {}}).ok());
    writer = LogPartWriter::Create(&files, "part").value();
    REQUIRE(writer->BeginStream(LabelSet{{"a", "c"}}).ok());
    REQUIRE(writer->Add({5, "x", {}}).ok());
    REQUIRE(writer->BeginStream(LabelSet{{"a", "b"}}).ok());
    CHECK_FALSE(writer->Add({5, "x", {}}).ok());
  }

  TEST_CASE("every flipped bit of a part is found by verify and never changes what is read") {
    const std::string bytes = WritePart(Example());
    SimulatedFileSystem files;
    const std::string all = ReadAll(OpenPart(&files, bytes).value(), {}).value();
    const std::string some = ReadAll(OpenPart(&files, bytes).value(), {"user"}).value();
    size_t unnoticed = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const int bit : {0, 3, 7}) {
        std::string damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
        const absl::StatusOr<LogPartPtr> part = OpenPart(&files, damaged);
        if (!part.ok()) continue;
        if (VerifyLogPart(**part).ok()) ++unnoticed;
        const absl::StatusOr<std::string> read = ReadAll(*part, {});
        if (read.ok()) CHECK(*read == all);
        const absl::StatusOr<std::string> found = ReadAll(*part, {"user"});
        if (found.ok()) CHECK(*found == some);
      }
    }
    CHECK(unnoticed == 0);
  }

  TEST_CASE("a part cut anywhere does not open") {
    const std::string bytes = WritePart(Example());
    SimulatedFileSystem files;
    for (size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(OpenPart(&files, std::string_view(bytes).substr(0, size)).ok());
    }
  }

  TEST_CASE("a part of version 1 is read") {
    SimulatedFileSystem files;
    const LogPartPtr part =
        OpenPart(&files, FileSystem::Posix()->ReadFile(kGoldenPath).value()).value();
    CHECK(VerifyLogPart(*part).ok());
    CHECK(ReadAll(part, {}).value() ==
          "{app=\"api\"}1767225600000000000 GET /health 200{}\n"
          "1767225600000000005 GET /user/7 404{trace_id=\"7f\"}\n"
          "{app=\"db\"}1767225600000000003 \n");
    // Its filter knows nothing of metadata.
    auto selection = MakeLogSelection({part}, {}, {}, TimeRange::All()).value();
    LogReadOptions options{.range_ns = TimeRange::All()};
    options.metadata_conditions = {{"trace_id", "7f"}};
    auto cursor = selection->Open(0, options).value();
    LogColumns columns;
    REQUIRE(cursor->Next(&columns).value());
    CHECK(columns.size == 1);
  }
}

}  // namespace
}  // namespace varve::storage
