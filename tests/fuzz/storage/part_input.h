// WritePart: a fuzzer's bytes as the sections of a metric part or a histogram part, with valid
// checksums.
#ifndef TESTS_FUZZ_STORAGE_PART_INPUT_H_
#define TESTS_FUZZ_STORAGE_PART_INPUT_H_

#include <cstdint>
#include <string_view>

#include "storage/encoding/byte_reader.h"
#include "storage/io/file_system.h"
#include "storage/part/part_file_writer.h"

namespace varve::storage {

// The blocks of the data section, so that their checksums are right; then the sections. False where
// the input is too short.
inline bool WritePart(FileSystem* files, SignalKind kind, std::string_view input) {
  auto writer = PartFileWriter::Create(files, "part", kind).value();
  ByteReader reader(input);
  uint8_t blocks = 0;
  uint8_t series = 0;
  if (!reader.U8(&blocks) || !reader.U8(&series)) return false;
  if (!writer->BeginSection(SectionId::kMetricData, SectionCheck::kPerBlock).ok()) return false;
  for (int i = 0; i < blocks % 8; ++i) {
    std::string_view block;
    if (!reader.SizedBytes(&block) || !writer->AppendBlock(block).ok()) return false;
  }
  for (const SectionId id : {SectionId::kMetricDirectory, SectionId::kIndexLabels,
                             SectionId::kIndexSeries, SectionId::kIndexPostings}) {
    std::string_view section;
    if (!reader.SizedBytes(&section) || !writer->AddSection(id, section).ok()) return false;
  }
  PartMetadata metadata;
  metadata.series_count = series;
  return writer->Finish(metadata).ok();
}

}  // namespace varve::storage

#endif  // TESTS_FUZZ_STORAGE_PART_INPUT_H_
