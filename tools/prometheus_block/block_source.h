// BlockSource: all samples of a Prometheus block, or of the blocks of a data directory, series by
// series.
//
// What is only in the write-ahead log is not read: take a snapshot of a running Prometheus, or stop
// it, before its directory is read.
//
// Threads:  one-thread.
// Owns:     the files of the block it is at.
// Errors:   Open: NOT_FOUND where there is no block; else those of BlockIndex and DecodeChunk.
#ifndef TOOLS_PROMETHEUS_BLOCK_BLOCK_SOURCE_H_
#define TOOLS_PROMETHEUS_BLOCK_BLOCK_SOURCE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "tools/prometheus_block/block_index.h"
#include "tools/prometheus_block/tombstones.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

// Whether a path is a block, or a directory of blocks.
bool HoldsBlocks(storage::FileSystem* files, const std::string& path);

class BlockSource : public SampleSource {
 public:
  static absl::StatusOr<std::unique_ptr<BlockSource>> Open(storage::FileSystem* files,
                                                           const std::string& path);

  absl::StatusOr<bool> Next(SeriesSamples* samples) override;
  double progress() const override;

 private:
  BlockSource(storage::FileSystem* files, std::vector<std::string> blocks)
      : files_(files), blocks_(std::move(blocks)) {}

  absl::Status OpenBlock(const std::string& directory);
  absl::Status ReadChunk(const BlockChunk& chunk, SeriesSamples* samples);

  storage::FileSystem* const files_;
  const std::vector<std::string> blocks_;  // directories
  size_t next_block_ = 0;
  std::string directory_;  // of the current block
  std::unique_ptr<BlockIndex> index_;
  std::optional<BlockIndex::Cursor> cursor_;
  Tombstones tombstones_;
  std::vector<std::unique_ptr<storage::RandomAccessFile>> segments_;
  BlockSeries series_;
};

}  // namespace varve::tools

#endif  // TOOLS_PROMETHEUS_BLOCK_BLOCK_SOURCE_H_
