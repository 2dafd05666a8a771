// LogBlockHeader: the fixed head of a log block. It tells sizes, times and the checksums of the
// block's column groups, so that a read of timestamps touches nothing of the messages.
//
//   offset size  field
//   0      1     version, 1
//   1      1     message encoding (MessageEncoding)
//   2      2     zero
//   4      4     entries, 1..kLogBlockEntriesMax
//   8      4     streams, 1..entries
//   12     4     message bytes, all lines one behind the other
//   16     8     smallest timestamp (ns)
//   24     8     largest timestamp (ns)
//   32     20    length of each group: timestamps, line lengths, streams, metadata, messages
//   52     20    crc32c of each group, continued from the crc32c of bytes [0, 52)
//   72     4     crc32c of bytes [0, 72)
//   76     ..    the groups in that order
//
// Because a group's checksum goes on from the header's, a group of another block does not pass.
//
// Threads:  a value.
// Owns:     nothing.
// Errors:   DATA_LOSS for damage; UNIMPLEMENTED for a version or an encoding of the future.
// Format:   storage/docs/log_part_format.md, section "Block"
#ifndef STORAGE_LOGS_LOG_BLOCK_HEADER_H_
#define STORAGE_LOGS_LOG_BLOCK_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::storage {

// A block is closed before it would hold more than this, unless it is one longer line. At 1 MiB the
// token filter costs 2 % of the raw bytes, and a hit decompresses for a third of a millisecond.
inline constexpr size_t kLogBlockRawBytesMax = 1 << 20;
inline constexpr size_t kLogBlockEntriesMax = 8192;
inline constexpr uint8_t kLogBlockVersion = 1;
inline constexpr size_t kLogBlockHeaderBytes = 76;

// How the messages are stored. Numbers are never reused.
enum class MessageEncoding : uint8_t {
  kText = 1,       // one text column of all lines
  kTemplates = 2,  // templates and columns of what differs
  kDenseText = 3,  // as kText, compressed hard: templates did not make it smaller
};
inline constexpr uint8_t kMessageEncodingMax = 3;

enum class LogBlockGroup : uint8_t { kTimestamps, kLineBytes, kStreams, kMetadata, kMessages };
inline constexpr size_t kLogBlockGroups = 5;

struct LogBlockHeader {
  MessageEncoding encoding = MessageEncoding::kText;
  uint32_t entries = 0;
  uint32_t streams = 1;
  uint32_t message_bytes = 0;
  int64_t min_ns = 0;
  int64_t max_ns = 0;
  std::array<uint32_t, kLogBlockGroups> lengths{};
  std::array<uint32_t, kLogBlockGroups> crcs{};

  // Fills in lengths and checksums of `groups` and appends header and groups to *out.
  static void AppendBlock(LogBlockHeader header,
                          const std::array<std::string, kLogBlockGroups>& groups, std::string* out);
  // Parses the beginning of a block.
  static absl::StatusOr<LogBlockHeader> Parse(std::string_view bytes);

  // Where a group lies, counted from the start of the block.
  size_t Offset(LogBlockGroup group) const;
  size_t Length(LogBlockGroup group) const { return lengths[static_cast<size_t>(group)]; }
  // The block's length, header included.
  size_t block_bytes() const;
  // Bytes from the start of the block to the end of the line lengths: what a count reads.
  size_t count_bytes() const { return Offset(LogBlockGroup::kStreams); }
  // DATA_LOSS unless `bytes` are the group as it was written.
  absl::Status Verify(LogBlockGroup group, std::string_view bytes) const;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_BLOCK_HEADER_H_
