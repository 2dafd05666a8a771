// BlockIndex: the series of a Prometheus block and where their chunks lie, in the index's order.
//
// Threads:  immutable; a cursor belongs to one thread.
// Owns:     the index file. Symbols and cursors point into it.
// Errors:   DATA_LOSS for a damaged index, FAILED_PRECONDITION for another version of the format,
//           and those of the file system.
// Source:   Prometheus, "Index Disk Format", version 2.
#ifndef TOOLS_PROMETHEUS_BLOCK_BLOCK_INDEX_H_
#define TOOLS_PROMETHEUS_BLOCK_BLOCK_INDEX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/model/label_set.h"

namespace varve::tools {

struct BlockChunk {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  uint32_t segment = 0;  // of the chunk files, from 0
  uint32_t offset = 0;
};

struct BlockSeries {
  uint64_t ref = 0;  // what tombstones call it
  storage::LabelSet labels;
  std::vector<BlockChunk> chunks;
};

class BlockIndex {
 public:
  static absl::StatusOr<std::unique_ptr<BlockIndex>> Open(storage::FileSystem* files,
                                                          const std::string& path);
  // The same of bytes that outlive the index; `path` is for errors.
  static absl::StatusOr<std::unique_ptr<BlockIndex>> Parse(std::string_view bytes,
                                                           const std::string& path);

  // Walks the series; false behind the last.
  class Cursor {
   public:
    explicit Cursor(const BlockIndex* index) : index_(*index), position_(index->series_begin_) {}
    absl::StatusOr<bool> Next(BlockSeries* series);
    // From 0 to 1.
    double progress() const;

   private:
    const BlockIndex& index_;
    uint64_t position_;
  };

 private:
  friend class Cursor;

  absl::Status ReadContents();
  absl::Status ReadSymbols(uint64_t offset);
  absl::Status DecodeSeries(std::string_view entry, BlockSeries* series) const;
  absl::Status Damaged(std::string_view found, uint64_t offset) const;

  std::unique_ptr<storage::RandomAccessFile> file_;
  std::string buffer_;  // where the file cannot be mapped
  std::string_view bytes_;
  std::string path_;
  std::vector<std::string_view> symbols_;
  uint64_t series_begin_ = 0;
  uint64_t series_end_ = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_PROMETHEUS_BLOCK_BLOCK_INDEX_H_
