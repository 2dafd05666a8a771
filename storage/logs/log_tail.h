// LogTail: the newest entries of a stream, not compressed yet, in order of arrival.
//
// Bytes lie in chunks that only grow at their end and never move, so that a snapshot shares the
// chunks and copies 24 bytes per entry, while the tail goes on growing.
//
// Threads:  LogTail is thread-compatible; a LogTailSnapshot may be read while its tail grows.
// Owns:     the bytes of its entries, shared with its snapshots.
// Errors:   none.
#ifndef STORAGE_LOGS_LOG_TAIL_H_
#define STORAGE_LOGS_LOG_TAIL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/logs/log_block.h"
#include "storage/model/entry.h"

namespace varve::storage {

// One entry; its line and then its packed metadata stand at `data`.
struct TailEntry {
  int64_t timestamp_ns = 0;
  const char* data = nullptr;
  uint32_t line_bytes = 0;
  uint32_t metadata_bytes = 0;

  std::string_view line() const { return {data, line_bytes}; }
  LabelSetView metadata() const {
    return LabelSetView(std::string_view(data + line_bytes, metadata_bytes));
  }
};

// A tail of more lines than this is sealed: it takes less than half of the memory then. A block of
// this size compresses nearly as well as a larger one, and a merge joins it with others.
inline constexpr size_t kTailLineBytesMax = 128 << 10;

using TailChunk = std::shared_ptr<char[]>;

// The entries of a tail at one moment, in order of (timestamp, arrival), exact duplicates once.
struct LogTailSnapshot {
  std::vector<TailEntry> entries;
  std::vector<TailChunk> chunks;

  bool empty() const { return entries.empty(); }
};

class LogTail {
 public:
  // Whether the tail must be sealed before `entry` is appended: a sealed tail is one block.
  bool IsFullFor(const Entry& entry) const;
  // REQUIRES: !IsFullFor(entry).
  void Append(const Entry& entry);

  bool empty() const { return entries_.empty(); }
  size_t entries() const { return entries_.size(); }
  size_t raw_bytes() const { return raw_bytes_; }
  size_t memory_bytes() const;
  // REQUIRES: !empty().
  int64_t min_ns() const { return min_ns_; }
  int64_t max_ns() const { return max_ns_; }

  // In order of arrival until SortSnapshot, which is left to the reader: it needs no lock.
  LogTailSnapshot UnsortedSnapshot() const { return {entries_, chunks_}; }

 private:
  char* Reserve(size_t bytes);

  std::vector<TailEntry> entries_;
  std::vector<TailChunk> chunks_;
  size_t chunk_bytes_ = 0;  // of the last chunk
  size_t chunk_used_ = 0;
  size_t chunks_bytes_ = 0;  // of all
  size_t line_bytes_ = 0;
  size_t raw_bytes_ = 0;
  int64_t min_ns_ = 0;
  int64_t max_ns_ = 0;
};

// Puts the entries in order of (timestamp, arrival) and drops exact duplicates.
void SortSnapshot(LogTailSnapshot* snapshot);

// One block of all entries. REQUIRES: sorted, not empty, and no more than a tail holds.
LogBlock SealTail(const LogTailSnapshot& snapshot, LogBlockBuilder* builder);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_TAIL_H_
