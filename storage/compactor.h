// Compactor: merges parts as the planner says, and drops those that the retention does not keep.
// Merging leaves out what is deleted.
//
// Threads:  one-thread (the maintenance thread).
// Owns:     the list of parts it found damaged; parts and stores outlive it.
// Errors:   those of FileSystem; DATA_LOSS when an input is damaged: the inputs stay as they are
// and
//           are not merged again.
#ifndef STORAGE_COMPACTOR_H_
#define STORAGE_COMPACTOR_H_

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/part/compaction_planner.h"
#include "storage/part_set.h"
#include "storage/signal_stores.h"

namespace varve::storage {

class Compactor {
 public:
  // `keep_deleted_entries`: see StorageOptions.
  Compactor(PartSet* parts, const SignalStores* stores, bool keep_deleted_entries = false)
      : parts_(parts), stores_(stores), keep_deleted_entries_(keep_deleted_entries) {}

  // The most urgent merge that is due at `now_ms`, if any.
  absl::Status MergeDue(int64_t now_ms);
  // Merges until each day and kind has one part.
  absl::Status MergeAll();
  // Rewrites the parts in which something is hidden, and drops the masks that hide nothing then.
  absl::Status CleanDeletions();
  // Drops the days that the planner's PlanRetention names.
  absl::Status DropExpired(int64_t now_ms, int64_t retention_ms, uint64_t bytes_max);

  // Thread-safe.
  uint64_t merges_total() const { return merges_.load(std::memory_order_relaxed); }

 private:
  // The parts that may be merged: those in which no merge has found damage, and which hold nothing
  // that is hidden and must be kept.
  std::vector<PartSummary> MergeableParts() const;
  absl::Status Merge(const CompactionPlan& plan);
  // Rewrites one part if masks match a series of it.
  absl::Status CleanPart(const StoredPart& part);
  // Whether what is hidden of a part stays in it.
  bool KeepsHidden(const StoredPart& part) const;

  PartSet* const parts_;
  const SignalStores* const stores_;
  const bool keep_deleted_entries_;
  std::set<std::string> damaged_parts_;
  std::atomic<uint64_t> merges_{0};
};

}  // namespace varve::storage

#endif  // STORAGE_COMPACTOR_H_
