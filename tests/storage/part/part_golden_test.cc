// A part written by format version 1, which every later version reads. VARVE_WRITE_GOLDEN=1 writes
// the file; do that only together with a new version number.

#include <doctest/doctest.h>
#include "storage/io/simulated_file_system.h"
#include "storage/part/part_file.h"
#include "storage/part/part_file_writer.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr char kGoldenPath[] = "tests/golden/part_v1/example.part";

const PartMetadata kMetadata = {7, 1, 20454, 1'767'225'600'000'000'000, 1'767'225'601'000'000'000,
                                1, 2, 11};

TEST_SUITE("storage/part/part_golden") {
  TEST_CASE("the example of part_format.md is written and read as version 1 says") {
    SimulatedFileSystem files;
    {
      auto writer = PartFileWriter::Create(&files, "part", SignalKind::kLogs).value();
      REQUIRE(writer->BeginSection(SectionId::kLogData, SectionCheck::kPerBlock).ok());
      CHECK(writer->AppendBlock("hello").value() == 0);
      CHECK(writer->AppendBlock("world!").value() == 9);
      REQUIRE(writer->AddSection(SectionId::kLogDirectory, "dir").ok());
      REQUIRE(writer->Finish(kMetadata).ok());
    }
    const std::string fresh = files.Content("part");
    CHECK((test::GoldenFile(kGoldenPath, fresh) == fresh));

    const auto part = PartFile::Open(FileSystem::Posix(), kGoldenPath).value();
    CHECK(part->kind() == SignalKind::kLogs);
    CHECK(part->metadata() == kMetadata);
    CHECK(part->Section(SectionId::kLogDirectory).value() == "dir");
    std::string scratch;
    std::string_view block;
    REQUIRE(part->ReadBlock(SectionId::kLogData, 9, 6, &scratch, &block).ok());
    CHECK(block == "world!");
  }
}
}  // namespace
}  // namespace varve::storage
