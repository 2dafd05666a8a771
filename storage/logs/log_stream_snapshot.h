// LogStreamSnapshot: the entries of one stream that the head held at one moment.
//
// Threads:  immutable after Prepare; any number of threads may read one.
// Owns:     shares blocks and chunks with the head, and keeps the stream's labels alive.
// Errors:   those of the blocks.
#ifndef STORAGE_LOGS_LOG_STREAM_SNAPSHOT_H_
#define STORAGE_LOGS_LOG_STREAM_SNAPSHOT_H_

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/logs/log_batch_source.h"
#include "storage/logs/log_block.h"
#include "storage/logs/log_needles.h"
#include "storage/logs/log_tail.h"
#include "storage/model/label_set.h"
#include "storage/querier.h"

namespace varve::storage {

// One sealed block, or one open tail.
struct LogSnapshotPiece {
  std::shared_ptr<const LogBlock> block;  // nullptr: the tail
  LogTailSnapshot tail;
  int64_t min_ns = 0;
  int64_t max_ns = 0;
};

struct LogStreamSnapshot {
  std::shared_ptr<const LabelSet> labels;
  std::vector<LogSnapshotPiece> pieces;  // in order of arrival

  // Whether no piece begins before or at the time another one ends: pieces in order are then the
  // entries in order, and no entry is there twice.
  bool in_order() const;
  // Puts the tails in order. To be called once, outside of the head's locks.
  void Prepare();
};

// Sources for a merge, in order of arrival: one per row of pieces that follow each other in time.
// Pieces, options and needles outlive them.
void AppendPieceSources(std::span<const LogSnapshotPiece> pieces, const LogReadOptions* options,
                        const LogNeedles* needles,
                        std::vector<std::unique_ptr<LogBatchSource>>* sources);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_STREAM_SNAPSHOT_H_
