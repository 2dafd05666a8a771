// WalWriter appends records to the write-ahead log and says when they are durable.
//
// Writers put their records into the current group (Enqueue) and wait (Wait). The first that waits
// becomes the leader: it gathers what others are known to be about to enqueue, writes the group
// with one write and one fdatasync, and wakes everybody in it. Meanwhile the next group forms.
//
// The log is a sequence of segments. `encode` is told which segment its record will be in: a caller
// repeats the definition of a series in every segment where it uses the series first, so that a
// segment can be read without the ones before it, and old segments can simply be removed once what
// they hold is in parts.
//
// A failed write or sync fails every record of its segment that was not durable yet: those enqueued
// behind it may rely on definitions in it. The descriptor is never synced again, and later records
// go to a new segment, so that nothing acknowledged ever follows a half-written record.
//
// Threads:  thread-safe. `encode` runs under the writer's lock: it must be short and must not call
//           the writer.
// Owns:     the open segment; `files` outlives the writer.
// Errors:   RESOURCE_EXHAUSTED for a full disk, OUT_OF_RANGE for a record that is too large,
//           UNAVAILABLE for every other failure and after Close. The writer goes on after an error
//           by itself as soon as the file system does.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_WAL_WAL_WRITER_H_
#define STORAGE_WAL_WAL_WRITER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/model/mutex.h"
#include "storage/wal/wal_format.h"

namespace varve::storage {

struct WalOptions {
  // A segment that has grown to this beside its definitions, and to twice these, is closed; the
  // record that crosses the line is still in it.
  uint64_t segment_bytes = 32U << 20;
  // The leader waits at most this long for writers known to be coming, and not at all for others.
  int64_t group_wait_us_max = 2000;
  // It does not wait for a group of this size to grow.
  uint64_t group_bytes = 1U << 20;
};

struct WalStats {
  uint64_t records = 0;  // durable ones
  uint64_t bytes = 0;    // written, segment headers included
  uint64_t groups = 0;
  uint64_t syncs = 0;
  uint64_t sync_failures = 0;
  uint64_t write_failures = 0;  // create, write and directory sync
  uint64_t records_failed = 0;
};

class WalWriter {
 public:
  // Names a record until its Wait.
  using Ticket = uint64_t;
  // Says how many bytes of the payload are definitions, which the next segment has to repeat.
  using Encode = absl::FunctionRef<size_t(uint64_t segment_id, std::string* payload)>;

  // Starts with segment `next_segment_id`, or behind the highest one in `directory` (which is
  // created when missing) where that is higher. No file is created before the first record comes.
  static absl::StatusOr<std::unique_ptr<WalWriter>> Open(FileSystem* files, std::string directory,
                                                         uint64_t next_segment_id,
                                                         WalOptions options);
  ~WalWriter();
  WalWriter(const WalWriter&) = delete;
  WalWriter& operator=(const WalWriter&) = delete;

  // Says, while it lives, that its thread is about to enqueue: a leader gathers it. Worth having
  // around the work between receiving a batch and enqueueing it.
  class Intent {
   public:
    explicit Intent(WalWriter* writer) : writer_(writer) { ++writer_->arriving_; }
    ~Intent() { Done(); }
    Intent(const Intent&) = delete;
    Intent& operator=(const Intent&) = delete;
    // Before Wait, or a leader would wait for itself.
    void Done();

   private:
    WalWriter* writer_;
  };

  // Puts a record into the current group. `encode` appends the payload to `*payload`, which may
  // hold other bytes already. Every ticket is to be waited for exactly once.
  Ticket Enqueue(WalRecordType type, Encode encode) ABSL_LOCKS_EXCLUDED(mutex_);
  // Returns when the record is durable, or failed.
  absl::Status Wait(Ticket ticket) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Append(WalRecordType type, Encode encode) { return Wait(Enqueue(type, encode)); }

  // Ends the current segment. Records enqueued from now on are in segments with the returned id or
  // a higher one; all others are in lower ones.
  absl::StatusOr<uint64_t> Rotate() ABSL_LOCKS_EXCLUDED(mutex_);
  // Removes segments with lower ids, records still waiting in them first written. Segments the
  // reader could not read go too: what was damaged in them has been copied to quarantine/.
  absl::Status RemoveSegmentsBefore(uint64_t segment_id) ABSL_LOCKS_EXCLUDED(mutex_);

  // Bytes in all segments, and those of them that are no definitions this process has written.
  uint64_t total_bytes() const ABSL_LOCKS_EXCLUDED(mutex_);
  uint64_t content_bytes() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The segment the next record will be in, unless the current one fails or is full by then.
  uint64_t segment_id() const ABSL_LOCKS_EXCLUDED(mutex_);
  WalStats stats() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Writes what is waiting and stops.
  absl::Status Close() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Records of one segment that will be written and synced together.
  struct Group {
    uint64_t segment_id = 0;
    std::string bytes;
    uint64_t definition_bytes = 0;
    Ticket first = 0;
    Ticket last = 0;
  };
  // What a segment's file holds.
  struct SegmentSize {
    uint64_t bytes = 0;
    uint64_t definition_bytes = 0;
  };
  // Tickets first..last failed; forgotten when each was waited for.
  struct Failure {
    Ticket last = 0;
    uint64_t unclaimed = 0;
    absl::Status status;
  };
  // Tickets of records that never were in a group.
  static constexpr Ticket kTooLargeTicket = ~Ticket{0};
  static constexpr Ticket kClosedTicket = ~Ticket{0} - 1;
  // What writing a group did; the leader adds it to stats_ under the lock.
  struct Written {
    absl::Status status;
    uint64_t bytes = 0;
    uint64_t syncs = 0;
    bool sync_failed = false;
    uint64_t file_bytes = 0;
    bool removed = false;  // the segment held nothing durable, and is gone
  };

  WalWriter(FileSystem* files, std::string directory, uint64_t next_segment_id, WalOptions options,
            std::map<uint64_t, SegmentSize> segments);

  void StartSegment(uint64_t segment_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool SegmentIsFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(Ticket first, Ticket last, const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeResult(Ticket ticket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Becomes the leader for the first group. REQUIRES: there is one, and nobody is writing.
  void LeadFirstGroup(MutexLock* lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Gather(MutexLock* lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes every group below `segment_id`, and returns while nobody is writing.
  void DrainBefore(uint64_t segment_id, MutexLock* lock) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Without the lock; only one thread at a time, the one that set writing_.
  Written WriteGroup(const Group& group);
  absl::Status WriteAndSync(const Group& group, Written* written);
  absl::Status CreateSegment(uint64_t segment_id);
  void AddStats(const Group& group, const Written& written) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string SegmentPath(uint64_t segment_id) const;

  FileSystem* const files_;
  const std::string directory_;
  const WalOptions options_;

  // Threads about to enqueue, those waiting for the lock included.
  std::atomic<int64_t> arriving_{0};

  mutable Mutex mutex_;
  std::condition_variable done_;                      // a group was written
  std::condition_variable gathered_;                  // nobody is arriving any more
  std::deque<Group> groups_ ABSL_GUARDED_BY(mutex_);  // waiting to be written; the last one grows
  std::string spare_ ABSL_GUARDED_BY(mutex_);         // a buffer for the next group
  std::map<Ticket, Failure> failures_ ABSL_GUARDED_BY(mutex_);        // by first ticket
  std::map<uint64_t, SegmentSize> segments_ ABSL_GUARDED_BY(mutex_);  // by id
  Ticket next_ticket_ ABSL_GUARDED_BY(mutex_) = 1;
  Ticket decided_ ABSL_GUARDED_BY(mutex_) = 0;  // every ticket up to this one is durable or failed
  uint64_t segment_id_ ABSL_GUARDED_BY(mutex_);
  uint64_t segment_offset_ ABSL_GUARDED_BY(mutex_) = kWalSegmentHeaderBytes;
  uint64_t segment_definition_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool gathering_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  WalStats stats_ ABSL_GUARDED_BY(mutex_);

  // Of the thread that set writing_: the file being written, and what is durable in it.
  std::unique_ptr<WritableFile> file_;
  uint64_t file_segment_id_ = 0;
  uint64_t file_bytes_ = 0;
  bool file_is_new_ = false;  // nothing in it is durable, its name included
  // The last segment with anything durable in it, for the next one's header.
  uint64_t durable_segment_id_ = 0;
  uint64_t durable_bytes_ = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_WAL_WAL_WRITER_H_
