#include "tools/transfer/output_file.h"

#include <filesystem>
#include <system_error>

#include "storage/model/text.h"

namespace varve::tools {

using storage::StrCat;

absl::StatusOr<std::unique_ptr<std::ofstream>> OpenOutputFile(const std::string& path,
                                                              uint64_t bytes) {
  std::error_code error;
  if (bytes > 0) {
    const uint64_t size = std::filesystem::file_size(path, error);
    if (error || size < bytes) {
      return absl::FailedPreconditionError(StrCat("cannot go on with ", path, ": less than ", bytes,
                                                  " bytes, want the file of the ",
                                                  "export that was interrupted"));
    }
    std::filesystem::resize_file(path, bytes, error);
  }
  auto file = std::make_unique<std::ofstream>(
      path, std::ios::binary | (bytes > 0 ? std::ios::app : std::ios::trunc));
  if (error || !file->is_open()) return absl::UnavailableError(StrCat("cannot write ", path));
  return file;
}

}  // namespace varve::tools
