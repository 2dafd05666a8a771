// PartSet: the parts a database consists of, opened; the manifest that names them; the deletion
// masks that hide something of them; and the files.
//
// Readers take a snapshot, which keeps its parts readable for as long as it lives, whatever
// compaction and retention do meanwhile. Changes go through Replace and AddMask: manifest first,
// then memory, then the files of removed parts.
//
// Threads:  Snapshot, Parts and Summaries are thread-safe; the rest belongs to the maintenance
// thread. Owns:     the manifest and the open parts. Errors:   Open: those of FileSystem,
// FAILED_PRECONDITION for a format of the future. A damaged
//           part is moved to quarantine/ and counted.
#ifndef STORAGE_PART_SET_H_
#define STORAGE_PART_SET_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/model/mutex.h"
#include "storage/part/compaction_planner.h"
#include "storage/part/manifest.h"
#include "storage/stored_part.h"

namespace varve::storage {

// The parts at one moment.
class PartSnapshot {
 public:
  explicit PartSnapshot(const std::vector<StoredPartPtr>& parts);

  // Those of one kind, in the order of age: what was written first in front. A merged part has the
  // age of the oldest one in it.
  const std::vector<StoredPartPtr>& Of(SignalKind kind) const {
    return kinds_[static_cast<size_t>(kind) - 1];
  }
  // Those of one kind and with one of these names, in the same order.
  std::vector<StoredPartPtr> Named(SignalKind kind, const std::vector<std::string>& names) const;

 private:
  std::array<std::vector<StoredPartPtr>, kSignalKinds> kinds_;
};

class PartSet {
 public:
  // `compile`: for the filters of masks; may be empty as long as no mask has one.
  static absl::StatusOr<std::unique_ptr<PartSet>> Open(FileSystem* files, std::string directory,
                                                       EntryFilterCompiler compile = nullptr);

  std::shared_ptr<const PartSnapshot> Snapshot() const;
  // In the order of age.
  std::vector<StoredPartPtr> Parts() const;
  std::vector<PartSummary> Summaries() const;

  FileSystem* files() const { return files_; }
  const std::string& directory() const { return directory_; }  // the data directory
  // A name for a new part, never used before, and the path of a part.
  std::string NewPartName(SignalKind kind, uint64_t* part_id);
  std::string PathOf(std::string_view name) const;

  // Makes `added` (finished part files) take the place of `removed`. When it fails nothing has
  // changed, except that the files of `added` may stay until the next Open.
  absl::Status Replace(const std::vector<std::string>& added,
                       const std::vector<std::string>& removed);

  // Hides what is in parts now, of the series of a signal that match, in a range of its unit, and,
  // where there is a filter, what it matches. The id of the mask that does it; 0 where there is
  // nothing to hide.
  absl::StatusOr<uint64_t> AddMask(Signal signal, const std::vector<Matcher>& matchers,
                                   TimeRange range, const std::string& filter);
  absl::Status DropMasks(const std::vector<uint64_t>& ids);
  // The parts in the order of age, and the masks. A mask that can hide nothing any more is gone.
  const ManifestContents& contents() const { return manifest_->contents(); }

  // Thread-safe. Ids ascend.
  std::vector<uint64_t> MaskIds() const;
  uint64_t mask_count() const { return mask_count_.load(std::memory_order_relaxed); }

  uint64_t quarantined_files() const { return quarantined_files_; }

 private:
  PartSet(FileSystem* files, std::string directory, EntryFilterCompiler compile)
      : files_(files), directory_(std::move(directory)), compile_(std::move(compile)) {}
  absl::StatusOr<EntryFilterPtr> Compile(const std::string& filter) const;
  absl::Status OpenAll();
  // The ids of the masks that hide nothing of `parts`.
  std::vector<uint64_t> IdleMasks(const std::vector<StoredPartPtr>& parts) const;
  // Makes the parts visible, in the manifest's order and without what its masks hide.
  absl::Status SetAside(const std::string& name);
  void Publish(std::vector<StoredPartPtr> parts);

  FileSystem* const files_;
  const std::string directory_;
  const EntryFilterCompiler compile_;
  std::unique_ptr<Manifest> manifest_;
  MaskFilters filters_;
  uint64_t next_part_id_ = 1;
  uint64_t next_mask_id_ = 1;
  uint64_t quarantined_files_ = 0;
  std::atomic<uint64_t> mask_count_{0};

  mutable Mutex mutex_;
  std::vector<StoredPartPtr> parts_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PartSnapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint64_t> mask_ids_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_PART_SET_H_
