#include "storage/snapshot.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/io/file_names.h"
#include "storage/model/text.h"
#include "storage/part/manifest.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint64_t kCopyBytes = 1 << 20;

absl::Status CopyFile(FileSystem* files, const std::string& from, const std::string& to) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> source,
                         files->NewRandomAccessFile(from));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> target, files->NewWritableFile(to));
  std::string bytes;
  for (uint64_t offset = 0; offset < source->size(); offset += kCopyBytes) {
    VARVE_RETURN_IF_ERROR(
        source->Read(offset, std::min(kCopyBytes, source->size() - offset), &bytes));
    VARVE_RETURN_IF_ERROR(target->Append(bytes));
  }
  VARVE_RETURN_IF_ERROR(target->Sync());
  return target->Close();
}

absl::Status LinkOrCopy(FileSystem* files, const std::string& from, const std::string& to) {
  if (files->LinkFile(from, to).ok()) return absl::OkStatus();
  return CopyFile(files, from, to);
}

// A folder with at most files and a folder of parts in it. It may be missing.
absl::Status RemoveLeftovers(FileSystem* files, const std::string& directory) {
  for (const std::string& folder : {JoinPath(directory, kPartsDirectoryName), directory}) {
    VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(folder));
    if (!exists) continue;
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files->ListDirectory(folder));
    for (const std::string& name : names) {
      VARVE_RETURN_IF_ERROR(files->RemoveFile(JoinPath(folder, name)));
    }
    VARVE_RETURN_IF_ERROR(files->RemoveDirectory(folder));
  }
  return absl::OkStatus();
}

absl::Status Fill(const PartSet& parts, const std::string& directory) {
  FileSystem* const files = parts.files();
  const std::string folder = JoinPath(directory, kPartsDirectoryName);
  VARVE_RETURN_IF_ERROR(files->CreateDirectory(folder));
  for (const std::string& name : parts.contents().parts) {
    VARVE_RETURN_IF_ERROR(LinkOrCopy(files, parts.PathOf(name), JoinPath(folder, name)));
  }
  VARVE_RETURN_IF_ERROR(files->SyncDirectory(folder));
  // A new one takes this one's name, so that it never changes either.
  for (const std::string_view name : {kMetadataFileName, kDeletesFileName}) {
    const std::string file = JoinPath(parts.directory(), name);
    VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(file));
    if (exists) VARVE_RETURN_IF_ERROR(LinkOrCopy(files, file, JoinPath(directory, name)));
  }
  return WriteFileAtomically(files, JoinPath(directory, kManifestFileName),
                             EncodeManifest(parts.contents()));
}

}  // namespace

absl::Status WriteSnapshot(const PartSet& parts, const std::string& directory) {
  FileSystem* const files = parts.files();
  VARVE_ASSIGN_OR_RETURN(const bool exists, files->FileExists(directory));
  if (exists) {
    return absl::AlreadyExistsError(
        StrCat("cannot write snapshot ", directory, ": it is there already, want a new folder"));
  }
  const std::string temporary = TemporaryName(directory);
  VARVE_RETURN_IF_ERROR(RemoveLeftovers(files, temporary));
  absl::Status status = Fill(parts, temporary);
  if (status.ok()) status = files->RenameDirectory(temporary, directory);
  if (!status.ok()) RemoveLeftovers(files, temporary).IgnoreError();
  return status;
}

}  // namespace varve::storage
