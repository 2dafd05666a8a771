// Manifest: the append-only list of the parts that make up the database.
//
// An edit (parts added, parts removed) is one line with a checksum, synced before it counts, so
// that a compaction swaps its inputs for its output atomically. Opening replays the lines and
// writes a fresh, short manifest under the old name.
//
// Threads:  one-thread (the maintenance thread; Open before it starts).
// Owns:     the open file.
// Errors:   FAILED_PRECONDITION for an unknown version; those of FileSystem.
// Format:   storage/docs/manifest_format.md
#ifndef STORAGE_PART_MANIFEST_H_
#define STORAGE_PART_MANIFEST_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"

namespace varve::storage {

inline constexpr int kManifestVersion = 1;

// Names of part files, relative to the data directory's folder of parts.
struct ManifestEdit {
  std::vector<std::string> added;
  std::vector<std::string> removed;
};

// What the bytes of a manifest say. `damaged`: some line did not verify (a torn last line is the
// normal trace of a crash and does not count).
struct ManifestContents {
  std::set<std::string> parts;
  bool damaged = false;
};
// FAILED_PRECONDITION for a version we do not know.
absl::StatusOr<ManifestContents> ParseManifest(std::string_view bytes);

class Manifest {
 public:
  // Opens (or begins) the manifest of a data directory.
  static absl::StatusOr<std::unique_ptr<Manifest>> Open(FileSystem* files, std::string directory);

  const std::set<std::string>& parts() const { return contents_.parts; }
  // Whether opening found damage: parts may then exist that no readable line names.
  bool was_damaged() const { return contents_.damaged; }

  // Makes an edit durable. After an error the edit may or may not come back after a restart, and
  // the next Apply writes a fresh manifest.
  absl::Status Apply(const ManifestEdit& edit);

 private:
  Manifest(FileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}
  absl::Status Rewrite();

  FileSystem* const files_;
  const std::string directory_;
  ManifestContents contents_;
  std::unique_ptr<WritableFile> file_;  // nullptr: the next Apply rewrites
  uint64_t size_bytes_ = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_PART_MANIFEST_H_
