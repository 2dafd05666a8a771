#include "storage/part/part_file.h"

#include <random>

#include <doctest/doctest.h>
#include "storage/io/simulated_file_system.h"
#include "storage/part/part_file_writer.h"

namespace varve::storage {
namespace {

constexpr char kPath[] = "parts/one.part";

const PartMetadata kMetadata = {42, 2, 20454, -5, 1'767'225'600'000, 3, 1000, 16000};

struct Sample {
  std::string directory = "directory of the part";
  std::vector<std::string> blocks = {"first block", "", std::string(400, 'z')};
  std::vector<uint64_t> offsets;
};

Sample WritePart(FileSystem* files) {
  Sample sample;
  REQUIRE(files->CreateDirectory("parts").ok());
  auto writer = PartFileWriter::Create(files, kPath, SignalKind::kLogs).value();
  REQUIRE(writer->BeginSection(SectionId::kLogData, SectionCheck::kPerBlock).ok());
  for (const std::string& block : sample.blocks) {
    sample.offsets.push_back(writer->AppendBlock(block).value());
  }
  REQUIRE(writer->BeginSection(SectionId::kLogDirectory, SectionCheck::kWhole).ok());
  REQUIRE(writer->Append(sample.directory.substr(0, 5)).ok());
  REQUIRE(writer->Append(sample.directory.substr(5)).ok());
  REQUIRE(writer->AddSection(SectionId::kLogFilters, "").ok());
  const uint64_t size = writer->Finish(kMetadata).value();
  CHECK(files->FileSize(kPath).value() == size);
  return sample;
}

// Reads all of a part; the first error, or what was read differently.
absl::Status ReadAll(FileSystem* files, const Sample& sample) {
  const auto part = PartFile::Open(files, kPath);
  if (!part.ok()) return part.status();
  CHECK((*part)->metadata() == kMetadata);
  CHECK((*part)->kind() == SignalKind::kLogs);
  absl::Status status = (*part)->VerifySections();
  if (!status.ok()) return status;
  CHECK((*part)->Section(SectionId::kLogDirectory).value() == sample.directory);
  CHECK((*part)->Section(SectionId::kLogFilters).value().empty());
  for (size_t i = 0; i < sample.blocks.size(); ++i) {
    std::string scratch;
    std::string_view payload;
    status = (*part)->ReadBlock(SectionId::kLogData, sample.offsets[i], sample.blocks[i].size(),
                                &scratch, &payload);
    if (!status.ok()) return status;
    CHECK(payload == sample.blocks[i]);
  }
  return absl::OkStatus();
}

TEST_SUITE("storage/part/part_file") {
  TEST_CASE("sections, blocks and metadata come back as they were written") {
    SimulatedFileSystem files;
    const Sample sample = WritePart(&files);
    CHECK(ReadAll(&files, sample).ToString() == "OK");
    CHECK(files.AllPaths() == std::vector<std::string>{kPath});
  }

  TEST_CASE("every flipped bit of a part is detected") {
    SimulatedFileSystem files;
    const Sample sample = WritePart(&files);
    const uint64_t size = files.FileSize(kPath).value();
    for (uint64_t offset = 0; offset < size; ++offset) {
      for (int bit = 0; bit < 8; ++bit) {
        files.FlipBit(kPath, offset, bit);
        const absl::Status status = ReadAll(&files, sample);
        INFO("offset ", offset, " bit ", bit);
        CHECK(absl::IsDataLoss(status));
        files.FlipBit(kPath, offset, bit);
      }
    }
  }

  TEST_CASE("a part cut short at any length does not open") {
    SimulatedFileSystem files;
    const Sample sample = WritePart(&files);
    const std::string content = files.Content(kPath);
    for (size_t length = 0; length < content.size(); ++length) {
      files.SetContent(kPath, content.substr(0, length));
      CHECK(absl::IsDataLoss(ReadAll(&files, sample)));
    }
    files.SetContent(kPath, content + "x");
    CHECK(absl::IsDataLoss(ReadAll(&files, sample)));
  }

  TEST_CASE("a damaged block costs only itself") {
    SimulatedFileSystem files;
    const Sample sample = WritePart(&files);
    const auto part = PartFile::Open(&files, kPath).value();
    files.FlipBit(kPath, part->FindSection(SectionId::kLogData)->offset + 3, 1);
    const auto damaged = PartFile::Open(&files, kPath).value();
    std::string scratch;
    std::string_view payload;
    const absl::Status status = damaged->ReadBlock(SectionId::kLogData, sample.offsets[0],
                                                   sample.blocks[0].size(), &scratch, &payload);
    CHECK(status.message() ==
          "cannot read part parts/one.part: a block of section log data at offset 16 is damaged");
    CHECK(damaged
              ->ReadBlock(SectionId::kLogData, sample.offsets[2], sample.blocks[2].size(), &scratch,
                          &payload)
              .ok());
    CHECK(damaged->VerifySections().ok());
  }

  TEST_CASE("a block that is asked for with a wrong place or length is an error") {
    SimulatedFileSystem files;
    const Sample sample = WritePart(&files);
    const auto part = PartFile::Open(&files, kPath).value();
    std::string scratch;
    std::string_view payload;
    CHECK_FALSE(part->ReadBlock(SectionId::kLogData, 1, 11, &scratch, &payload).ok());
    CHECK_FALSE(part->ReadBlock(SectionId::kLogData, 0, 12, &scratch, &payload).ok());
    CHECK_FALSE(part->ReadBlock(SectionId::kLogData, 0, SIZE_MAX, &scratch, &payload).ok());
    CHECK_FALSE(part->ReadBlock(SectionId::kLogData, UINT64_MAX, 1, &scratch, &payload).ok());
    CHECK(absl::IsNotFound(part->Section(SectionId::kMetricDirectory).status()));
  }

  TEST_CASE("a format version of the future is refused by its number") {
    SimulatedFileSystem files;
    WritePart(&files);
    std::string content = files.Content(kPath);
    content[8] = 2;
    // The checksum as a writer of that version would have made it.
    const size_t tail = content.size() - kPartTailBytes;
    uint64_t footer_offset = 0;
    std::memcpy(&footer_offset, content.data() + tail, sizeof(footer_offset));
    const uint32_t crc =
        Crc32c(std::string_view(content).substr(footer_offset, tail + 12 - footer_offset),
               Crc32c(std::string_view(content).substr(0, kPartHeaderBytes), 0));
    std::memcpy(content.data() + tail + 12, &crc, sizeof(crc));
    files.SetContent(kPath, content);
    const absl::Status status = PartFile::Open(&files, kPath).status();
    CHECK(absl::IsFailedPrecondition(status));
    CHECK(status.message() == "cannot open part parts/one.part: format version 2, want 1");
  }

  TEST_CASE("a part has its name only when it is whole, whatever operation the power fails in") {
    SimulatedFileSystem counting;
    const Sample sample = WritePart(&counting);
    const uint64_t operations = counting.operation_count();
    for (uint64_t operation = 2; operation <= operations; ++operation) {
      for (uint64_t seed = 0; seed < 4; ++seed) {
        SimulatedFileSystem files;
        REQUIRE(files.CreateDirectory("parts").ok());
        files.CrashAtOperation(operation);
        absl::Status finished = absl::UnknownError("not begun");
        if (auto writer = PartFileWriter::Create(&files, kPath, SignalKind::kLogs); writer.ok()) {
          REQUIRE((*writer)->BeginSection(SectionId::kLogData, SectionCheck::kPerBlock).ok());
          for (const std::string& block : sample.blocks)
            (*writer)->AppendBlock(block).IgnoreError();
          (*writer)->AddSection(SectionId::kLogDirectory, sample.directory).IgnoreError();
          (*writer)->AddSection(SectionId::kLogFilters, "").IgnoreError();
          finished = (*writer)->Finish(kMetadata).status();
        }
        const auto after = files.CrashState(seed, CrashMode::kRandom);
        const bool named = after->FileExists(kPath).value();
        if (finished.ok()) CHECK(named);
        if (named) CHECK(ReadAll(after.get(), sample).ToString() == "OK");
      }
    }
  }

  TEST_CASE("a writer that fails or is dropped leaves nothing behind") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("parts").ok());
    {
      auto writer = PartFileWriter::Create(&files, kPath, SignalKind::kMetrics).value();
      REQUIRE(writer->AddSection(SectionId::kMetricDirectory, "x").ok());
    }
    CHECK(files.AllPaths().empty());

    auto writer = PartFileWriter::Create(&files, kPath, SignalKind::kMetrics).value();
    files.InjectFault({FileOperation::kSync, 1, 1, false, 0, ""});
    CHECK(absl::IsUnavailable(writer->Finish(kMetadata).status()));
    CHECK(absl::IsUnavailable(writer->Finish(kMetadata).status()));
    writer.reset();
    CHECK(files.AllPaths().empty());
    CHECK(files.syncs_after_failed_sync() == 0);
  }

  TEST_CASE("an existing part is never replaced, a left-over temporary file is") {
    SimulatedFileSystem files;
    files.SetContent(std::string(kPath) + ".tmp", "left over");
    WritePart(&files);
    CHECK(absl::IsAlreadyExists(PartFileWriter::Create(&files, kPath, SignalKind::kLogs).status()));
  }
}
}  // namespace
}  // namespace varve::storage
