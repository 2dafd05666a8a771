// Manifest: the append-only list of the parts that make up the database, in the order of age, and
// of the deletion masks that hide something of them.
//
// An edit (parts added and removed, masks dropped) is one line with a checksum, synced before it
// counts, so that a compaction swaps its inputs for its output atomically. Opening replays the
// lines and writes a fresh, short manifest under the old name; a damaged one is copied to
// quarantine/ first.
//
// Threads:  one-thread (the maintenance thread; Open before it starts).
// Owns:     the open file.
// Errors:   FAILED_PRECONDITION for an unknown version; those of FileSystem.
// Format:   storage/docs/manifest_format.md
#ifndef STORAGE_PART_MANIFEST_H_
#define STORAGE_PART_MANIFEST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/part/deletion_mask.h"

namespace varve::storage {

// 1 had no masks, 2 no filters of masks; both are read.
inline constexpr int kManifestVersion = 3;

// Names of part files, relative to the data directory's folder of parts. What is added takes the
// place (in the order of age) of the first that is removed; where nothing is, the end.
struct ManifestEdit {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<uint64_t> dropped_masks = {};  // ids
};

// What the bytes of a manifest say. `damaged`: some line did not verify (a torn last line is the
// normal trace of a crash and does not count).
struct ManifestContents {
  std::vector<std::string> parts;  // what was written first in front
  std::vector<DeletionMaskPtr> masks;
  bool damaged = false;

  bool Lists(std::string_view part) const;
  void Apply(const ManifestEdit& edit);
};
// FAILED_PRECONDITION for a version we do not know.
absl::StatusOr<ManifestContents> ParseManifest(std::string_view bytes);
// The bytes of a manifest with these contents.
std::string EncodeManifest(const ManifestContents& contents);

class Manifest {
 public:
  // Opens (or begins) the manifest of a data directory.
  static absl::StatusOr<std::unique_ptr<Manifest>> Open(FileSystem* files, std::string directory);

  const ManifestContents& contents() const { return contents_; }
  // Whether opening found damage: parts may then exist that no readable line names.
  bool was_damaged() const { return contents_.damaged; }

  // Makes an edit, or a new mask, durable. After an error it may or may not come back after a
  // restart, and the next one writes a fresh manifest.
  absl::Status Apply(const ManifestEdit& edit);
  absl::Status AddMask(DeletionMaskPtr mask);

 private:
  Manifest(FileSystem* files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}
  // Appends a line, after which the contents are `contents`.
  absl::Status Write(std::string_view text, ManifestContents contents);
  absl::Status Rewrite();

  FileSystem* const files_;
  const std::string directory_;
  ManifestContents contents_;
  std::unique_ptr<WritableFile> file_;  // nullptr: the next line makes a fresh manifest
  uint64_t size_bytes_ = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_PART_MANIFEST_H_
