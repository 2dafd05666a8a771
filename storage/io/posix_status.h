// PosixStatus: errno as a status, in the one wording and with the one mapping of storage/io.
#ifndef STORAGE_IO_POSIX_STATUS_H_
#define STORAGE_IO_POSIX_STATUS_H_

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/status/status.h"
#include "storage/model/text.h"

namespace varve::storage {

inline absl::Status PosixStatus(std::string_view verb, std::string_view path, int error) {
  const std::string message =
      StrCat("cannot ", verb, " ", path, ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case EEXIST:
      return absl::AlreadyExistsError(message);
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace varve::storage

#endif  // STORAGE_IO_POSIX_STATUS_H_
