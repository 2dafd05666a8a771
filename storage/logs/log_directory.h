// LogDirectory: which block of a log part holds which entries of which stream. One run per stream
// and block, in order of stream id, then time.
//
// Threads:  immutable once decoded.
// Owns:     its runs.
// Errors:   DATA_LOSS for bytes that are no directory, UNIMPLEMENTED for a version of the future.
// Format:   storage/docs/log_part_format.md, section "Directory"
#ifndef STORAGE_LOGS_LOG_DIRECTORY_H_
#define STORAGE_LOGS_LOG_DIRECTORY_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/logs/log_block.h"

namespace varve::storage {

inline constexpr uint8_t kLogDirectoryVersion = 1;
// More than any part has: a part's blocks hold a megabyte each.
inline constexpr uint64_t kLogDirectoryRunsMax = 1 << 26;

struct LogDirectoryBlock {
  uint64_t offset = 0;  // in the data section
  uint32_t bytes = 0;
  uint32_t count_bytes = 0;  // header, timestamps and line lengths, from the block's start
  uint32_t entries = 0;
  uint32_t runs = 0;
  uint64_t filter_offset = 0;  // in the filter section
  uint32_t filter_bytes = 0;
};

// The entries of one stream in one block.
struct LogDirectoryRun {
  uint32_t stream = 0;
  uint32_t block = 0;
  uint32_t first_row = 0;  // in the block
  LogBlockRun run;
};

struct LogDirectory {
  std::vector<LogDirectoryBlock> blocks;
  std::vector<LogDirectoryRun> runs;

  // Offsets, first rows and block numbers of runs follow from the rest and are not stored.
  std::string Encode() const;
  // `stream_count`, `data_bytes` and `filter_bytes` are what the rest of the part says.
  static absl::StatusOr<LogDirectory> Decode(std::string_view bytes, uint32_t stream_count,
                                             uint64_t data_bytes, uint64_t filter_bytes);

  // The runs of one stream, in order of time.
  std::span<const LogDirectoryRun> RunsOf(uint32_t stream) const;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_DIRECTORY_H_
