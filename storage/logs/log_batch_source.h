// LogBatchSource: entries of one stream from one place (a part, sealed blocks, an open tail) in the
// order of a read. What LogMergeCursor merges.
//
// Threads:  thread-compatible.
// Owns:     the batch it returned last; its columns are valid until the next call of Next.
// Errors:   DATA_LOSS for damage.
#ifndef STORAGE_LOGS_LOG_BATCH_SOURCE_H_
#define STORAGE_LOGS_LOG_BATCH_SOURCE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/querier.h"

namespace varve::storage {

class LogBatchSource {
 public:
  virtual ~LogBatchSource() = default;

  // A bound of the timestamps of all entries that Next will still return: the smallest possible one
  // of a forward read, the largest of a backward read. May be wider than the truth.
  virtual int64_t bound_ns() const = 0;
  // The next entries; false at the end. Never an empty batch.
  virtual absl::StatusOr<bool> Next(LogColumns* columns) = 0;
  // Fills in lines and metadata of the last batch, though the read does not ask for them: what
  // tells duplicates apart.
  virtual absl::Status LoadAll(LogColumns* columns) = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_BATCH_SOURCE_H_
