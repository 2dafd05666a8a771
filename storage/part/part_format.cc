#include "storage/part/part_format.h"

#include <iterator>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/io/file_names.h"
#include "storage/model/text.h"

namespace varve::storage {

static_assert(std::size(kPartSignals) == kSignalKinds, "every kind has a word");

std::string_view SignalKindName(SignalKind kind) {
  return kPartSignals[static_cast<size_t>(kind) - 1];
}

std::optional<SignalKind> SignalKindOfName(std::string_view name) {
  for (size_t i = 0; i < kSignalKinds; ++i) {
    if (kPartSignals[i] == name) return static_cast<SignalKind>(i + 1);
  }
  return std::nullopt;
}

std::string EncodePartMetadata(const PartMetadata& metadata) {
  std::string bytes;
  ByteWriter writer(&bytes);
  writer.U64(metadata.part_id);
  writer.U32(metadata.level);
  writer.U32(static_cast<uint32_t>(metadata.partition_day));
  writer.U64(static_cast<uint64_t>(metadata.min_time));
  writer.U64(static_cast<uint64_t>(metadata.max_time));
  writer.U64(metadata.series_count);
  writer.U64(metadata.entry_count);
  writer.U64(metadata.raw_bytes);
  return bytes;
}

absl::StatusOr<PartMetadata> DecodePartMetadata(std::string_view bytes) {
  PartMetadata metadata;
  uint32_t partition_day = 0;
  uint64_t min_time = 0;
  uint64_t max_time = 0;
  ByteReader reader(bytes);
  if (!reader.U64(&metadata.part_id) || !reader.U32(&metadata.level) ||
      !reader.U32(&partition_day) || !reader.U64(&min_time) || !reader.U64(&max_time) ||
      !reader.U64(&metadata.series_count) || !reader.U64(&metadata.entry_count) ||
      !reader.U64(&metadata.raw_bytes)) {
    return absl::DataLossError(
        StrCat("cannot decode part metadata: ", bytes.size(), " bytes, want ", kPartMetadataBytes));
  }
  metadata.partition_day = static_cast<int32_t>(partition_day);
  metadata.min_time = static_cast<int64_t>(min_time);
  metadata.max_time = static_cast<int64_t>(max_time);
  return metadata;
}

std::string_view SectionName(SectionId id) {
  switch (id) {
    case SectionId::kMetadata:
      return "metadata";
    case SectionId::kIndexLabels:
      return "index labels";
    case SectionId::kIndexSeries:
      return "index series";
    case SectionId::kIndexPostings:
      return "index postings";
    case SectionId::kMetricData:
      return "metric data";
    case SectionId::kMetricDirectory:
      return "metric directory";
    case SectionId::kLogData:
      return "log data";
    case SectionId::kLogDirectory:
      return "log directory";
    case SectionId::kLogFilters:
      return "log filters";
    case SectionId::kLogTemplates:
      return "log templates";
    case SectionId::kLogTemplatesCopy:
      return "log templates copy";
  }
  return "unknown";
}

}  // namespace varve::storage
