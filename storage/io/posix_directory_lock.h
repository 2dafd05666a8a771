// LockDirectoryPosix: the lock on a data directory, an OFD lock on its `lock` file.
//
// The lock belongs to the open descriptor: it ends with the process however that ends, so that a
// file left over from a killed process holds nobody up. Its content (pid and host) is only for the
// message a second process prints.
//
// Errors:   FAILED_PRECONDITION naming the holder; UNAVAILABLE for I/O.
#ifndef STORAGE_IO_POSIX_DIRECTORY_LOCK_H_
#define STORAGE_IO_POSIX_DIRECTORY_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"

namespace varve::storage {

absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectoryPosix(const std::string& path);

}  // namespace varve::storage

#endif  // STORAGE_IO_POSIX_DIRECTORY_LOCK_H_
