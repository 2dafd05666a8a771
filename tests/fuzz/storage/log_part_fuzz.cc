// Any bytes as the directory of a log part, and any bytes in place of a whole part: opening,
// verifying and reading either works or is an error.
#include <cstdint>
#include <string>

#include "storage/io/simulated_file_system.h"
#include "storage/logs/log_directory.h"
#include "storage/logs/log_part.h"
#include "storage/logs/log_part_verify.h"
#include "storage/logs/log_part_writer.h"
#include "storage/logs/log_selection.h"

using namespace varve::storage;

namespace {

// A part of two streams in one block, which the input damages.
std::string ExamplePart() {
  SimulatedFileSystem files;
  auto writer = LogPartWriter::Create(&files, "part").value();
  const LabelSet trace{{"trace_id", "7f"}};
  if (!writer->BeginStream(LabelSet{{"app", "api"}}).ok() ||
      !writer->Add({1, "GET /health 200", {}}).ok() ||
      !writer->Add({2, "GET /user/7 404", trace}).ok() ||
      !writer->BeginStream(LabelSet{{"app", "db"}}).ok() || !writer->Add({3, "", {}}).ok() ||
      !writer->Finish({.part_id = 1}).ok()) {
    __builtin_trap();
  }
  return files.Content("part");
}

void ReadPart(std::string bytes) {
  SimulatedFileSystem files;
  files.SetContent("part", std::move(bytes));
  auto file = PartFile::Open(&files, "part");
  if (!file.ok()) return;
  auto part = LogPart::Open(*file);
  if (!part.ok()) return;
  VerifyLogPart(**part).IgnoreError();
  auto selection = MakeLogSelection({VisibleLogPart(*part)}, {}, {}, TimeRange::All());
  if (!selection.ok()) return;
  for (size_t i = 0; i < (*selection)->size(); ++i) {
    auto cursor = (*selection)->Open(i, {.range_ns = TimeRange::All(), .must_contain = {"user"}});
    LogColumns columns;
    while (true) {
      const auto more = (*cursor)->Next(&columns);
      if (!more.ok() || !*more) break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto directory = LogDirectory::Decode(bytes, 4, 4096, 512);
  if (directory.ok()) {
    // What was accepted is written back and read as the same.
    const auto again = LogDirectory::Decode(directory->Encode(), 4, 4096, 512);
    if (!again.ok() || again->runs.size() != directory->runs.size()) __builtin_trap();
  }
  ReadPart(std::string(bytes));
  static const std::string example = ExamplePart();
  std::string damaged = example;
  for (size_t i = 0; i + 3 <= size && i < 24; i += 3) {
    damaged[(size_t{data[i]} << 8 | data[i + 1]) % damaged.size()] ^=
        static_cast<char>(data[i + 2]);
  }
  ReadPart(std::move(damaged));
  return 0;
}
