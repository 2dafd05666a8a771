#include "tools/part_catalog.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/part/manifest.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

using storage::JoinPath;
using storage::StrCat;

bool IsDirectory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

// Adds the part files of a folder.
absl::Status ListFolder(storage::FileSystem* files, const std::string& folder,
                        PartCatalog* catalog) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files->ListDirectory(folder));
  for (const std::string& name : names) {
    if (!storage::ParsePartFileName(name).has_value()) continue;
    catalog->parts.push_back({name, JoinPath(folder, name), PartState::kLive});
  }
  return absl::OkStatus();
}

absl::Status CompareWithManifest(storage::FileSystem* files, const std::string& folder,
                                 PartCatalog* catalog) {
  VARVE_ASSIGN_OR_RETURN(const std::string bytes, files->ReadFile(catalog->manifest_path));
  VARVE_ASSIGN_OR_RETURN(storage::ManifestContents contents, storage::ParseManifest(bytes));
  catalog->manifest_damaged = contents.damaged;
  std::set<std::string> listed(contents.parts.begin(), contents.parts.end());
  for (PartPlace& part : catalog->parts) {
    if (listed.erase(part.name) == 0) part.state = PartState::kUnlisted;
  }
  for (const std::string& name : listed) {
    catalog->parts.push_back({name, JoinPath(folder, name), PartState::kMissing});
  }
  std::sort(catalog->parts.begin(), catalog->parts.end(),
            [](const PartPlace& a, const PartPlace& b) { return a.name < b.name; });
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PartCatalog> ReadPartCatalog(storage::FileSystem* files, const std::string& path) {
  PartCatalog catalog;
  if (!IsDirectory(path)) {
    VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(path));
    if (!exists) return absl::NotFoundError(StrCat("cannot open ", path, ": no such file"));
    catalog.parts.push_back({std::string(storage::NameOf(path)), path, PartState::kLive});
    return catalog;
  }
  const std::string folder = JoinPath(path, storage::kPartsDirectoryName);
  const std::string manifest = JoinPath(path, storage::kManifestFileName);
  VARVE_ASSIGN_OR_RETURN(const bool has_manifest, files->FileExists(manifest));
  if (IsDirectory(folder)) {
    VARVE_RETURN_IF_ERROR(ListFolder(files, folder, &catalog));
  } else if (!has_manifest) {
    VARVE_RETURN_IF_ERROR(ListFolder(files, path, &catalog));
    if (!catalog.parts.empty()) return catalog;
    return absl::NotFoundError(StrCat("cannot find parts in ", path, ": no ",
                                      storage::kManifestFileName,
                                      " and no part files, want a data directory or a part file"));
  }
  if (has_manifest) {
    catalog.manifest_path = manifest;
    VARVE_RETURN_IF_ERROR(CompareWithManifest(files, folder, &catalog));
  }
  return catalog;
}

bool IsStillListed(storage::FileSystem* files, const PartCatalog& catalog, const PartPlace& part) {
  if (catalog.manifest_path.empty()) return true;
  const auto bytes = files->ReadFile(catalog.manifest_path);
  if (!bytes.ok()) return true;
  const auto contents = storage::ParseManifest(*bytes);
  return !contents.ok() || contents->Lists(part.name);
}

}  // namespace varve::tools
