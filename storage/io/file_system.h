// FileSystem: the seam through which all storage I/O goes, so that tests can crash it at any
// operation. PosixFileSystem is the real one; SimulatedFileSystem remembers what was synced.
//
// Paths are absolute or relative to the process; directories are separated by '/'.
//
// Threads:  FileSystem is thread-safe. A file object is thread-compatible: one writer at a time;
//           RandomAccessFile may be read by any number of threads.
// Owns:     file objects own their descriptor and close it when destroyed.
// Errors:   NOT_FOUND for a missing file, ALREADY_EXISTS, RESOURCE_EXHAUSTED for a full disk or
//           quota (ENOSPC, EDQUOT, EFBIG), FAILED_PRECONDITION for a held lock, UNAVAILABLE for
//           every other I/O error. Messages: `cannot <verb> <path>: <reason>`.
#ifndef STORAGE_IO_FILE_SYSTEM_H_
#define STORAGE_IO_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace varve::storage {

// A file being appended to. What was appended is durable only after Sync.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // Appends all of `data`, or fails; after a failure the file's tail is unspecified.
  virtual absl::Status Append(std::string_view data) = 0;
  // fdatasync. After a failure the file must not be synced again: the kernel may have dropped the
  // pages (design, section 3).
  virtual absl::Status Sync() = 0;
  // Closes without syncing. Further calls fail.
  virtual absl::Status Close() = 0;
};

// An immutable file, read at any offset.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  // Reads exactly `length` bytes at `offset` into `*out` (resized). OUT_OF_RANGE beyond the end.
  virtual absl::Status Read(uint64_t offset, size_t length, std::string* out) const = 0;
  virtual uint64_t size() const = 0;
  // The whole file mapped read-only, or an empty view where the file system cannot map (then Read).
  // Valid while this object lives.
  virtual std::string_view mapped() const { return {}; }
};

// A held directory lock; released when destroyed.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Creates `path`; ALREADY_EXISTS when it is there.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(
      const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) = 0;
  virtual absl::StatusOr<std::string> ReadFile(const std::string& path) = 0;
  // Names (not paths) of the entries of a directory, sorted; no "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) = 0;
  virtual absl::StatusOr<bool> FileExists(const std::string& path) = 0;
  virtual absl::StatusOr<uint64_t> FileSize(const std::string& path) = 0;
  // Creates one directory (and its missing parents), durably; succeeds when it is there already.
  virtual absl::Status CreateDirectory(const std::string& path) = 0;
  virtual absl::Status RenameFile(const std::string& from, const std::string& to) = 0;
  virtual absl::Status RemoveFile(const std::string& path) = 0;
  // Gives a file a second name, on the same file system; ALREADY_EXISTS when the name is taken.
  virtual absl::Status LinkFile(const std::string& from, const std::string& to) = 0;
  // Durable when it returns; `to` must not exist.
  virtual absl::Status RenameDirectory(const std::string& from, const std::string& to) = 0;
  // Removes an empty directory, durably.
  virtual absl::Status RemoveDirectory(const std::string& path) = 0;
  // Makes creations, renames and removals in a directory durable.
  virtual absl::Status SyncDirectory(const std::string& path) = 0;
  virtual absl::Status TruncateFile(const std::string& path, uint64_t size) = 0;
  // Takes the lock of a data directory (an OFD lock on `path`/lock, which holds pid and host name).
  // FAILED_PRECONDITION naming the holder's pid when another process has it.
  virtual absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectory(const std::string& path) = 0;
  // Bytes a non-privileged process may still write on the file system that holds `path`.
  virtual absl::StatusOr<uint64_t> FreeBytes(const std::string& path) = 0;

  // The real file system; lives for the whole process.
  static FileSystem* Posix();
};

// Writes `data` so that after a crash `path` holds either its old content or all of the new one:
// temporary name, sync, rename, directory sync.
absl::Status WriteFileAtomically(FileSystem* files, const std::string& path, std::string_view data);

}  // namespace varve::storage

#endif  // STORAGE_IO_FILE_SYSTEM_H_
