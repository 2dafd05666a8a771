// PartCatalog: the part files that a path stands for: those of a data directory with what its
// manifest says of them, those of a folder of parts, or one file.
//
// Nothing is locked and nothing is changed, so a server may work in the directory meanwhile.
//
// Threads:  free functions.
// Owns:     nothing.
// Errors:   NOT_FOUND for a path without parts or manifest, and those of FileSystem.
#ifndef TOOLS_PART_CATALOG_H_
#define TOOLS_PART_CATALOG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"

namespace varve::tools {

enum class PartState {
  kLive,      // the manifest names it, or there is no manifest to ask
  kMissing,   // the manifest names it, but the file is gone
  kUnlisted,  // a file the manifest does not name: a leftover, which the server removes
};

struct PartPlace {
  std::string name;
  std::string path;
  PartState state = PartState::kLive;
};

struct PartCatalog {
  std::vector<PartPlace> parts;  // by name
  std::string manifest_path;     // empty where there is none
  bool manifest_damaged = false;
};

absl::StatusOr<PartCatalog> ReadPartCatalog(storage::FileSystem* files, const std::string& path);

// Whether the manifest still names a part: compaction may have replaced it since it was read.
bool IsStillListed(storage::FileSystem* files, const PartCatalog& catalog, const PartPlace& part);

}  // namespace varve::tools

#endif  // TOOLS_PART_CATALOG_H_
