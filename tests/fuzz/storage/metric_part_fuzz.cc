// Any bytes as the sections of a metric part, with valid checksums: reads, matches, deep check.
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/encoding/byte_reader.h"
#include "storage/io/simulated_file_system.h"
#include "storage/metrics/metric_part.h"
#include "storage/metrics/metric_part_inspect.h"
#include "storage/part/part_file_writer.h"

namespace varve::storage {
namespace {

// The blocks of the data section, so that their checksums are right; then the sections.
bool WritePart(FileSystem* files, std::string_view input) {
  auto writer = PartFileWriter::Create(files, "part", SignalKind::kMetrics).value();
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

}  // namespace
}  // namespace varve::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  SimulatedFileSystem files;
  if (!WritePart(&files, {reinterpret_cast<const char*>(data), size})) return 0;
  VerifyMetricPart(&files, "part").IgnoreError();
  InspectMetricPart(&files, "part").IgnoreError();
  const auto part = MetricPart::Open(&files, "part");
  if (!part.ok()) return 0;
  for (uint32_t id = 0; id < (*part)->series_count() && id < 8; ++id) {
    TimestampColumn timestamps_ms;
    std::vector<double> values;
    (*part)->Read(id, {1000, 100'000}, &timestamps_ms, &values).IgnoreError();
  }
  return 0;
}
