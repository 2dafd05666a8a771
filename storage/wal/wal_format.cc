#include "storage/wal/wal_format.h"

#include <array>
#include <bit>
#include <cstring>

#include "storage/io/crc32c.h"

namespace varve::storage {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are stored as they lie");

constexpr std::string_view kMagic = "VARVEWAL";
constexpr size_t kHeaderChecksumAt = kWalSegmentHeaderBytes - 4;

template <typename T>
void Store(T value, char* at) {
  std::memcpy(at, &value, sizeof(value));
}

template <typename T>
T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// What binds a checksum to the place of the record.
std::array<char, 16> PlaceBytes(uint64_t segment_id, uint64_t offset) {
  std::array<char, 16> place;
  Store(segment_id, place.data());
  Store(offset, place.data() + 8);
  return place;
}

uint32_t ChecksumAt(std::string_view bytes, uint64_t segment_id, uint64_t offset) {
  const std::array<char, 16> place = PlaceBytes(segment_id, offset);
  return Crc32c({place.data(), place.size()}, Crc32c(bytes));
}

uint32_t HeaderCheck(const char* record, uint64_t segment_id, uint64_t offset) {
  return ChecksumAt({record + 4, 5}, segment_id, offset) & 0xffffff;
}

uint32_t LoadHeaderCheck(const char* record) {
  return Load<uint32_t>(record + 8) >> 8;  // the byte below is the type
}

}  // namespace

std::string EncodeWalSegmentHeader(const WalSegmentHeader& header) {
  std::string bytes(kWalSegmentHeaderBytes, '\0');
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  Store(header.version, bytes.data() + 8);
  Store(header.segment_id, bytes.data() + 16);
  Store(header.previous_segment_id, bytes.data() + 24);
  Store(header.previous_synced_bytes, bytes.data() + 32);
  Store(Crc32c({bytes.data(), kHeaderChecksumAt}), bytes.data() + kHeaderChecksumAt);
  return bytes;
}

std::optional<WalSegmentHeader> DecodeWalSegmentHeader(std::string_view segment) {
  if (segment.size() < kWalSegmentHeaderBytes || !segment.starts_with(kMagic)) return std::nullopt;
  const char* at = segment.data();
  if (Load<uint32_t>(at + kHeaderChecksumAt) != Crc32c(segment.substr(0, kHeaderChecksumAt))) {
    return std::nullopt;
  }
  return WalSegmentHeader{
      .version = Load<uint32_t>(at + 8),
      .segment_id = Load<uint64_t>(at + 16),
      .previous_segment_id = Load<uint64_t>(at + 24),
      .previous_synced_bytes = Load<uint64_t>(at + 32),
  };
}

void FinishWalRecord(WalRecordType type, uint64_t segment_id, uint64_t offset, size_t begin,
                     std::string* bytes) {
  char* record = bytes->data() + begin;
  const size_t length = bytes->size() - begin - kWalRecordHeaderBytes;
  Store(static_cast<uint32_t>(length), record + 4);
  Store(static_cast<uint32_t>(type), record + 8);
  const uint32_t check = HeaderCheck(record, segment_id, offset);
  Store(static_cast<uint32_t>(type) | check << 8, record + 8);
  Store(ChecksumAt({record + 4, kWalRecordHeaderBytes - 4 + length}, segment_id, offset), record);
}

std::optional<WalRecordHeader> DecodeWalRecordHeader(std::string_view bytes, uint64_t segment_id,
                                                     uint64_t offset) {
  if (bytes.size() < kWalRecordHeaderBytes) return std::nullopt;
  const char* record = bytes.data();
  const WalRecordHeader header{
      .checksum = Load<uint32_t>(record),
      .length = Load<uint32_t>(record + 4),
      .type = static_cast<uint8_t>(record[8]),
  };
  if (header.type == 0 || header.length > kWalPayloadBytesMax) return std::nullopt;
  if (LoadHeaderCheck(record) != HeaderCheck(record, segment_id, offset)) return std::nullopt;
  return header;
}

bool WalRecordIsValid(std::string_view bytes, uint64_t segment_id, uint64_t offset,
                      const WalRecordHeader& header) {
  const uint64_t size = kWalRecordHeaderBytes + uint64_t{header.length};
  if (bytes.size() < size) return false;
  return header.checksum == ChecksumAt(bytes.substr(4, size - 4), segment_id, offset);
}

}  // namespace varve::storage
