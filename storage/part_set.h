// PartSet: the parts a database consists of, opened; the manifest that names them; and the files.
//
// Readers take a snapshot, which keeps its parts readable for as long as it lives, whatever
// compaction and retention do meanwhile. Changes go through Replace: manifest first, then memory,
// then the files of removed parts.
//
// Threads:  Snapshot and Summaries are thread-safe; the rest belongs to the maintenance thread.
// Owns:     the manifest and the open parts.
// Errors:   Open: those of FileSystem, FAILED_PRECONDITION for a format of the future. A damaged
//           part is moved to quarantine/ and counted.
#ifndef STORAGE_PART_SET_H_
#define STORAGE_PART_SET_H_

#include <array>
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

  // Those of one kind, in the order of their oldest data.
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
  static absl::StatusOr<std::unique_ptr<PartSet>> Open(FileSystem* files, std::string directory);

  std::shared_ptr<const PartSnapshot> Snapshot() const;
  std::vector<PartSummary> Summaries() const;

  FileSystem* files() const { return files_; }
  // A name for a new part, never used before, and the path of a part.
  std::string NewPartName(SignalKind kind, uint64_t* part_id);
  std::string PathOf(std::string_view name) const;

  // Makes `added` (finished part files) take the place of `removed`. When it fails nothing has
  // changed, except that the files of `added` may stay until the next Open.
  absl::Status Replace(const std::vector<std::string>& added,
                       const std::vector<std::string>& removed);

  uint64_t quarantined_files() const { return quarantined_files_; }

 private:
  PartSet(FileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}
  absl::Status OpenAll();
  absl::Status SetAside(const std::string& name);
  void Publish(std::vector<StoredPartPtr> parts);

  FileSystem* const files_;
  const std::string directory_;
  std::unique_ptr<Manifest> manifest_;
  uint64_t next_part_id_ = 1;
  uint64_t quarantined_files_ = 0;

  mutable Mutex mutex_;
  std::vector<StoredPartPtr> parts_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PartSnapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_PART_SET_H_
