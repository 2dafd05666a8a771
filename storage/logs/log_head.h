// LogHead: the entries that are in no part yet, by stream: sealed blocks and an open tail each.
//
// Entries may come in any order of time and more than once. A tail is put in order when it is
// sealed or read, and what overlaps is merged by LogMergeCursor, so that appending costs no search.
//
// A flush works on an epoch: BeginFlush closes the current one, FlushSnapshot hands out what it
// holds, EndFlush drops it (or keeps it for the next flush). Entries stay visible all the while, so
// a querier takes its head snapshot before its list of parts: it may then see an entry twice, which
// the merge drops, but never miss one.
//
// Threads:  thread-safe. Lock order: shard, then stream.
// Owns:     all entries; snapshots share them.
// Errors:   none; what cannot be stored is counted as rejected.
#ifndef STORAGE_LOGS_LOG_HEAD_H_
#define STORAGE_LOGS_LOG_HEAD_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/logs/log_block.h"
#include "storage/logs/log_stream_snapshot.h"
#include "storage/logs/log_tail.h"
#include "storage/model/entry.h"
#include "storage/model/label_set.h"
#include "storage/model/matcher.h"
#include "storage/model/mutex.h"
#include "storage/model/reuse_pool.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// The entries of one stream and epoch.
struct LogHeadData {
  std::vector<std::shared_ptr<const LogBlock>> blocks;  // in order of arrival
  LogTail tail;                                         // arrived after them

  bool empty() const { return blocks.empty() && tail.empty(); }
};

class LogHeadStream {
 public:
  LogHeadStream(uint64_t ref, LabelSetView labels) : ref_(ref), labels_(labels) {}

  uint64_t ref() const { return ref_; }
  const LabelSet& labels() const { return labels_; }

  // The WAL segment that last got this stream's definition; for the database's use, 0 at first.
  std::atomic<uint64_t> wal_segment{0};
  // A hash of the entry appended last; for the use of a store that drops one sent again, 0 at
  // first.
  std::atomic<uint64_t> last_entry_hash{0};

 private:
  friend class LogHead;

  const uint64_t ref_;
  const LabelSet labels_;

  Mutex mutex_;
  bool removed_ ABSL_GUARDED_BY(mutex_) = false;  // not in the head's map any more
  uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;    // of current_
  LogHeadData current_ ABSL_GUARDED_BY(mutex_);
  LogHeadData flushing_ ABSL_GUARDED_BY(mutex_);  // all of earlier epochs
};

using LogHeadStreamPtr = std::shared_ptr<LogHeadStream>;

struct LogAppendCounts {
  uint64_t accepted = 0;
  uint64_t rejected = 0;  // lines longer than kLogLineBytesMax, the timestamp INT64_MAX
};

// What the head holds, duplicates that arrived again included.
struct LogHeadStats {
  uint64_t streams = 0;
  uint64_t entries = 0;
  uint64_t raw_bytes = 0;
  uint64_t memory_bytes = 0;  // of entries and blocks, without the stream records
};

class LogHead {
 public:
  LogHead() = default;
  LogHead(const LogHead&) = delete;
  LogHead& operator=(const LogHead&) = delete;

  // The stream with these labels; a new one gets the next ref.
  LogHeadStreamPtr GetOrCreate(LabelSetView labels);
  // The stream with these labels, or nullptr.
  LogHeadStreamPtr Find(LabelSetView labels) const;

  // Whether an entry can be stored at all; Append rejects the others.
  static bool Takes(const Entry& entry);
  // Stores entries of one stream. A stream that was dropped as idle meanwhile comes back.
  LogAppendCounts Append(const LogHeadStreamPtr& stream, std::span<const Entry> entries);

  // The streams that match and have entries in the range, sorted by label set.
  std::vector<LogStreamSnapshot> Snapshot(const std::vector<Matcher>& matchers,
                                          TimeRange range_ns) const;

  // Closes the epoch: all that was appended before is what the flush writes. What an earlier flush
  // failed to write belongs to it too.
  void BeginFlush();
  // The entries of all closed epochs, sorted by label set. REQUIRES: after BeginFlush.
  std::vector<LogStreamSnapshot> FlushSnapshot();
  // Success drops what FlushSnapshot handed out, and streams that are empty then.
  void EndFlush(bool success);

  LogHeadStats Stats() const;

 private:
  static constexpr size_t kShards = 16;  // more than the threads that append at one time

  struct Shard {
    mutable Mutex mutex;
    // Keys lie in the streams.
    absl::flat_hash_map<LabelSetView, LogHeadStreamPtr> streams ABSL_GUARDED_BY(mutex);
  };

  Shard& ShardOf(LabelSetView labels) { return shards_[labels.Hash() % kShards]; }
  const Shard& ShardOf(LabelSetView labels) const { return shards_[labels.Hash() % kShards]; }
  std::vector<LogHeadStreamPtr> AllStreams() const;
  LogHeadStreamPtr Reinsert(const LogHeadStreamPtr& stream);

  void EnterEpoch(LogHeadStream* stream) ABSL_EXCLUSIVE_LOCKS_REQUIRED(stream->mutex_);
  void Store(LogHeadData* into, std::span<const Entry> entries, LogAppendCounts* counts);
  // Turns a tail into a block of the same data.
  void Seal(LogHeadData* data);
  void CountDropped(const LogHeadData& data);

  std::array<Shard, kShards> shards_;
  ReusePool<LogBlockBuilder> builders_;  // their buffers hold a megabyte each
  std::atomic<uint64_t> next_ref_{1};
  std::atomic<uint64_t> epoch_{1};
  std::atomic<uint64_t> entries_{0};
  std::atomic<uint64_t> raw_bytes_{0};
  std::atomic<uint64_t> memory_bytes_{0};
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_HEAD_H_
