// The bytes of a write-ahead log segment. Version 1, little-endian.
//
//   segment header, 48 bytes
//   offset size  field
//      0     8   magic "VARVEWAL"
//      8     4   version, 1
//     12     4   reserved, 0
//     16     8   segment id, equal to the one in the file's name
//     24     8   id of the segment written before this one by the same process, or 0
//     32     8   how many bytes of that segment were synced when this one began
//     40     4   reserved, 0
//     44     4   crc32c of bytes [0, 44)
//
//   record, 12 bytes and a payload
//      0     4   crc32c of bytes [4, 12 + length), segment id and offset (8 bytes each)
//      4     4   length of the payload, 0..kWalPayloadBytesMax
//      8     1   type; 0 is reserved, numbers are never used again
//      9     3   low 24 bits of the crc32c of bytes [4, 9), segment id and offset
//     12    ..   payload
//
// `offset` is the record's own in the segment: a record counts only where it was written, so that
// neither stale blocks nor records inside a payload are ever taken for one. The check over the five
// bytes of length and type lets a reader trust a length before it has seen the payload, and look
// for the next record after damage at the cost of a few nanoseconds per byte.
//
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_WAL_WAL_FORMAT_H_
#define STORAGE_WAL_WAL_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace varve::storage {

enum class WalRecordType : uint8_t {
  kSamples = 1,  // sample_record.h
  kEntries = 2,  // entry_record.h
  // 3 was kept for deletions, which the manifest records instead
  kStartTimestamps = 4,  // sample_record.h
  kExemplars = 5,        // entry_record.h
  kHistograms = 6,       // histogram_record.h
};

inline constexpr uint32_t kWalVersion = 1;
inline constexpr size_t kWalSegmentHeaderBytes = 48;
inline constexpr size_t kWalRecordHeaderBytes = 12;
inline constexpr size_t kWalPayloadBytesMax = 64U << 20;
static_assert(kWalPayloadBytesMax <= UINT32_MAX, "the length is stored in 4 bytes");

struct WalSegmentHeader {
  uint32_t version = kWalVersion;
  uint64_t segment_id = 0;
  uint64_t previous_segment_id = 0;
  uint64_t previous_synced_bytes = 0;
};

std::string EncodeWalSegmentHeader(const WalSegmentHeader& header);
// Nothing when the bytes are too few, the magic is wrong or the checksum does not hold. A version
// other than kWalVersion is for the caller to refuse.
std::optional<WalSegmentHeader> DecodeWalSegmentHeader(std::string_view segment);

struct WalRecordHeader {
  uint32_t checksum = 0;
  uint32_t length = 0;
  uint8_t type = 0;
};

// Fills in the header of the record whose header begins at `(*bytes)[begin]` and whose payload is
// the rest of `*bytes`. `offset` is where the record will stand in its segment.
void FinishWalRecord(WalRecordType type, uint64_t segment_id, uint64_t offset, size_t begin,
                     std::string* bytes);
// The header that `bytes` begin with, which stand at `offset` of their segment; nothing unless it
// is complete and its check holds.
std::optional<WalRecordHeader> DecodeWalRecordHeader(std::string_view bytes, uint64_t segment_id,
                                                     uint64_t offset);
// Whether the record with this header, which `bytes` begin with, is complete and undamaged.
bool WalRecordIsValid(std::string_view bytes, uint64_t segment_id, uint64_t offset,
                      const WalRecordHeader& header);

}  // namespace varve::storage

#endif  // STORAGE_WAL_WAL_FORMAT_H_
