// The container of a part: one immutable file that holds sections of bytes and describes itself.
//
//   offset size  field
//   0      16    header: magic, format version, signal kind, zeros
//   16     ..    the sections, one behind the other, without gaps
//   ..     ..    footer: the directory of the sections
//   -24    24    tail: where the footer lies, its checksum, magic
//
// A reader fetches the tail first, so a part can lie in an object store and be read by ranges.
//
// Format:   storage/docs/part_format.md
#ifndef STORAGE_PART_PART_FORMAT_H_
#define STORAGE_PART_PART_FORMAT_H_

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/crc32c.h"
#include "storage/model/signal.h"

namespace varve::storage {

inline constexpr uint64_t kPartMagic = 0x5452415045565256;      // "VRVEPART" in file order
inline constexpr uint64_t kPartTailMagic = 0x444E455045565256;  // "VRVEPEND"
inline constexpr uint32_t kPartFormatVersion = 1;
inline constexpr size_t kPartHeaderBytes = 16;
inline constexpr size_t kPartTailBytes = 24;
inline constexpr size_t kPartTailUncheckedBytes = 12;  // its checksum and magic
inline constexpr size_t kPartSectionEntryBytes = 24;
inline constexpr size_t kPartSectionsMax = 64;
inline constexpr size_t kPartFooterBytesMax = 4 + kPartSectionsMax * kPartSectionEntryBytes;
inline constexpr size_t kPartBlockCrcBytes = 4;
inline constexpr size_t kPartMetadataBytes = 56;

// What a part is called until it is whole; recovery removes what it finds under such names.
inline constexpr std::string_view kPartTemporarySuffix = ".tmp";

// What a part holds. Numbers are never reused.
enum class SignalKind : uint8_t {
  kMetrics = 1,     // float samples
  kLogs = 2,        // log entries
  kHistograms = 3,  // native histograms of series
  kStartTimestamps =
      4,           // start timestamps of samples, as metrics: a double in ms at the sample's time
  kExemplars = 5,  // exemplars of series, as logs: the value's bytes, the labels as metadata
};
inline constexpr size_t kSignalKinds = 5;

// The kind as a word, as it begins a part file's name; kPartSignals in io/file_names.h.
std::string_view SignalKindName(SignalKind kind);
std::optional<SignalKind> SignalKindOfName(std::string_view name);
// Which signal a delete names to reach the kind.
inline constexpr Signal SignalOf(SignalKind kind) {
  return kind == SignalKind::kLogs ? Signal::kLogs : Signal::kMetrics;
}
// Whether times of the kind are nanoseconds (milliseconds otherwise).
inline constexpr bool CountsNanoseconds(SignalKind kind) {
  return kind == SignalKind::kLogs || kind == SignalKind::kExemplars;
}

// Numbers are never reused. 1..15 belong to the container and the index, 16..31 to metrics,
// 32..47 to logs.
enum class SectionId : uint16_t {
  kMetadata = 1,
  kIndexLabels = 2,
  kIndexSeries = 3,
  kIndexPostings = 4,
  kMetricData = 16,
  kMetricDirectory = 17,
  kLogData = 32,
  kLogDirectory = 33,
  kLogFilters = 34,
  kLogTemplates = 35,
  kLogTemplatesCopy = 36,
};

// How the bytes of a section are protected.
enum class SectionCheck : uint16_t {
  kWhole = 1,     // one checksum in the footer, verified when the section is first used
  kPerBlock = 2,  // written by AppendBlock: each block is followed by its own checksum
};

// What is known about a part without reading more than its end. Times are in the kind's unit
// (CountsNanoseconds); both ends are included.
struct PartMetadata {
  uint64_t part_id = 0;
  uint32_t level = 0;
  int32_t partition_day = 0;  // UTC days since 1970
  int64_t min_time = 0;
  int64_t max_time = 0;
  uint64_t series_count = 0;  // series, or streams
  uint64_t entry_count = 0;   // samples, or log entries
  uint64_t raw_bytes = 0;     // 16 a sample; line and metadata bytes of log entries

  friend bool operator==(const PartMetadata&, const PartMetadata&) = default;
};

std::string EncodePartMetadata(const PartMetadata& metadata);
// Bytes behind the known fields are left to later versions. DATA_LOSS for fewer bytes.
absl::StatusOr<PartMetadata> DecodePartMetadata(std::string_view bytes);

// One entry of the footer.
struct SectionInfo {
  SectionId id = SectionId::kMetadata;
  SectionCheck check = SectionCheck::kWhole;
  uint32_t crc = 0;  // kWhole: PartCrc of the section; kPerBlock: 0
  uint64_t offset = 0;
  uint64_t length = 0;

  friend bool operator==(const SectionInfo&, const SectionInfo&) = default;
};

std::string_view SectionName(SectionId id);

// The checksum of bytes at one place of the file. The place is part of it, so that a block which
// was read from, or written to, the wrong place does not pass.
inline uint32_t PartCrc(std::string_view payload, uint64_t file_offset) {
  char place[sizeof(file_offset)];
  std::memcpy(place, &file_offset, sizeof(place));
  return Crc32c(payload, Crc32c(std::string_view(place, sizeof(place)), 0));
}

}  // namespace varve::storage

#endif  // STORAGE_PART_PART_FORMAT_H_
