// LocalDatabase: the Database of one machine: WAL, heads, parts and the thread that maintains them.
//
// A write goes into the head, then into the WAL's current group, and is acknowledged when that
// group is synced. All of it up to the enqueueing happens under a shared hold of the gate; a flush
// takes the gate exclusively for a moment, in which it ends the WAL segment and starts a new epoch
// of the heads, so that the old segments hold exactly what the flush writes into parts.
//
// Lock order: maintenance_mutex_, gate_, locks of the heads, the WAL's lock.
//
// Threads:  thread-safe, as Database.
// Owns:     everything below the data directory.
#ifndef STORAGE_LOCAL_DATABASE_H_
#define STORAGE_LOCAL_DATABASE_H_

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/compactor.h"
#include "storage/database.h"
#include "storage/free_space_guard.h"
#include "storage/io/clock.h"
#include "storage/io/file_system.h"
#include "storage/model/mutex.h"
#include "storage/part_set.h"
#include "storage/signal_stores.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

class LocalDatabase : public Database {
 public:
  explicit LocalDatabase(StorageOptions options);
  ~LocalDatabase() override;

  absl::Status Start();

  AppendResult AppendMetrics(const MetricBatch& batch) override;
  AppendResult AppendLogs(const LogBatch& batch) override;
  std::unique_ptr<Querier> NewQuerier() const override;
  absl::Status Flush() override;
  absl::Status CompactAll() override;
  absl::Status Delete(Signal signal, const std::vector<Matcher>& matchers,
                      TimeRange range) override;
  absl::StatusOr<uint64_t> DeleteEntries(const EntryDeletion& deletion) override;
  std::vector<uint64_t> PendingDeletions() const override;
  absl::Status CancelDeletion(uint64_t id) override;
  absl::Status CleanDeletions() override;
  absl::Status Snapshot(const std::string& directory, bool skip_heads) override;
  absl::Status Maintain() override;
  StorageStats Stats() const override;
  std::vector<PartInfo> Parts() const override;
  absl::StatusOr<Cardinality> MetricCardinality(TimeRange range_ms, size_t limit) const override;
  absl::Status Close() override;

 private:
  // Timestamps (ms) that are accepted now.
  TimeRange AcceptedRangeMs() const;
  // The wall clock, but never ahead of where it was at the start by more than the time that has
  // passed since: a clock that jumps forward must not expire anything.
  int64_t RetentionNowMs() const;
  // UNAVAILABLE when closed, RESOURCE_EXHAUSTED when the WAL has grown too large or the disk has no
  // room.
  absl::Status CheckWritable();
  absl::Status FlushLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  void EvictIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  absl::Status WriteParts(std::vector<std::string>* names)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  absl::StatusOr<uint64_t> DeleteLocked(Signal signal, const std::vector<Matcher>& matchers,
                                        TimeRange range, const std::string& filter)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  // Whether a delete has waited long enough to be made physical.
  bool CleaningIsDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  // Whether what a delete hides may be anywhere but in parts.
  bool MayBeOutsideParts(Signal signal, const std::vector<Matcher>& matchers, TimeRange range) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  bool FlushIsDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(maintenance_mutex_);
  void RunMaintenance();

  const StorageOptions options_;
  FileSystem* const files_;
  Clock* const clock_;
  const int64_t start_wall_ms_;
  const int64_t start_monotonic_ms_;
  std::unique_ptr<DirectoryLock> lock_;

  // Held shared by a write, exclusively where a flush begins and where series leave the heads.
  mutable SharedMutex gate_;
  std::atomic<bool> closed_{false};
  SignalStores stores_;
  std::unique_ptr<WalWriter> wal_;
  FreeSpaceGuard free_space_;

  mutable Mutex maintenance_mutex_;
  std::unique_ptr<PartSet> parts_;
  std::unique_ptr<Compactor> compactor_;  // maintenance_mutex_ guards all but its counter
  int64_t last_flush_monotonic_ms_ ABSL_GUARDED_BY(maintenance_mutex_) = 0;
  // Whether the WAL may hold what is in parts already, because removing segments failed.
  bool wal_is_stale_ ABSL_GUARDED_BY(maintenance_mutex_) = true;
  int64_t last_retention_monotonic_ms_ ABSL_GUARDED_BY(maintenance_mutex_) = 0;
  // When each deletion mask was first seen by this process, in monotonic time.
  std::map<uint64_t, int64_t> masks_seen_ms_ ABSL_GUARDED_BY(maintenance_mutex_);

  std::atomic<uint64_t> samples_appended_{0};
  std::atomic<uint64_t> entries_appended_{0};
  std::atomic<uint64_t> histograms_appended_{0};
  std::atomic<uint64_t> entry_bytes_appended_{0};
  std::atomic<uint64_t> samples_rejected_{0};
  std::atomic<uint64_t> entries_rejected_{0};
  std::atomic<uint64_t> exemplars_appended_{0};
  std::atomic<uint64_t> flushes_{0};
  std::atomic<uint64_t> maintenance_failures_{0};
  std::atomic<uint64_t> wal_corruptions_{0};
  std::atomic<uint64_t> replayed_samples_{0};
  std::atomic<uint64_t> replayed_entries_{0};
  std::atomic<uint64_t> replayed_histograms_{0};

  Mutex thread_mutex_;
  std::condition_variable wake_;
  bool stopping_ ABSL_GUARDED_BY(thread_mutex_) = false;
  std::thread thread_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOCAL_DATABASE_H_
