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

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/logs/log_part.h"
#include "storage/metrics/metric_part.h"
#include "storage/model/mutex.h"
#include "storage/part/compaction_planner.h"
#include "storage/part/manifest.h"

namespace varve::storage {

// The parts at one moment, each kind in the order of their oldest data.
struct PartSnapshot {
  std::vector<std::shared_ptr<MetricPart>> metrics;
  std::vector<std::shared_ptr<LogPart>> logs;
};

class PartSet {
 public:
  static absl::StatusOr<std::unique_ptr<PartSet>> Open(FileSystem* files, std::string directory);

  std::shared_ptr<const PartSnapshot> Snapshot() const;
  std::vector<PartSummary> Summaries() const;

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
  // A part that was opened: exactly one of the two pointers is set.
  struct OpenPart {
    PartSummary summary;
    std::shared_ptr<MetricPart> metrics;
    std::shared_ptr<LogPart> logs;
  };

  absl::StatusOr<OpenPart> OpenFile(const std::string& name) const;
  absl::Status OpenAll();
  absl::Status SetAside(const std::string& name);
  void Publish(std::vector<OpenPart> parts);

  FileSystem* const files_;
  const std::string directory_;
  std::unique_ptr<Manifest> manifest_;
  uint64_t next_part_id_ = 1;
  uint64_t quarantined_files_ = 0;

  mutable Mutex mutex_;
  std::vector<OpenPart> parts_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PartSnapshot> snapshot_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_PART_SET_H_
