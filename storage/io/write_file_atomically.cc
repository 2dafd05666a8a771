#include "storage/io/file_names.h"
#include "storage/io/file_system.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status WriteAndSync(FileSystem* files, const std::string& path, std::string_view data) {
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files->NewWritableFile(path));
  VARVE_RETURN_IF_ERROR(file->Append(data));
  VARVE_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

absl::Status WriteFileAtomically(FileSystem* files, const std::string& path,
                                 std::string_view data) {
  const std::string temporary = TemporaryName(path);
  // A crash may have left one; whatever it holds was never named by anything.
  absl::Status removed = files->RemoveFile(temporary);
  if (!removed.ok() && !absl::IsNotFound(removed)) return removed;
  absl::Status status = WriteAndSync(files, temporary, data);
  if (status.ok()) status = files->RenameFile(temporary, path);
  if (!status.ok()) {
    // The disk may be full: the first error is what counts, and the space is given back if it can
    // be.
    files->RemoveFile(temporary).IgnoreError();
    return status;
  }
  return files->SyncDirectory(DirectoryOf(path));
}

}  // namespace varve::storage
