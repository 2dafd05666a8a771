// SimulatedFileSystem: a file system in memory that remembers what was synced, fails when told to,
// and can be left in any state a power cut may leave.
//
// A crash test runs its scenario again and again: the k-th time with CrashAtOperation(k), after
// which every call fails; then opens CrashState(seed, mode) and checks what must still be there.
// Everything is deterministic for a given seed and order of calls.
//
// Threads:  thread-safe.
// Owns:     all content; files and locks it handed out keep the state alive.
// Errors:   as FileSystem; after the crash UNAVAILABLE for everything.
#ifndef STORAGE_IO_SIMULATED_FILE_SYSTEM_H_
#define STORAGE_IO_SIMULATED_FILE_SYSTEM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/io/file_system.h"
#include "storage/io/simulated_disk.h"

namespace varve::storage {

enum class FileOperation {
  kCreate,
  kAppend,
  kSync,
  kRename,
  kRemove,
  kSyncDirectory,
  kTruncate,
  kCreateDirectory,
  kLink,
  kRenameDirectory,
  kRemoveDirectory,
  kRead,  // RandomAccessFile::Read and ReadFile; the only one that changes nothing
};

// Operations of `kind` number first, first+1, .. first+count-1 (counted from 1, from when the fault
// is injected) fail.
struct InjectedFault {
  FileOperation kind;
  uint64_t first = 1;
  uint64_t count = 1;
  bool disk_full = false;  // RESOURCE_EXHAUSTED (ENOSPC), else UNAVAILABLE (EIO)
  // For an append: how many bytes are written before it fails.
  uint64_t short_write_bytes = 0;
  std::string path_contains = {};  // only operations on such paths count; empty: all
};

class SimulatedFileSystem : public FileSystem {
 public:
  SimulatedFileSystem();
  ~SimulatedFileSystem() override;

  absl::StatusOr<std::unique_ptr<WritableFile>> NewWritableFile(const std::string& path) override;
  absl::StatusOr<std::unique_ptr<RandomAccessFile>> NewRandomAccessFile(
      const std::string& path) override;
  absl::StatusOr<std::string> ReadFile(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path) override;
  absl::StatusOr<bool> FileExists(const std::string& path) override;
  absl::StatusOr<uint64_t> FileSize(const std::string& path) override;
  absl::Status CreateDirectory(const std::string& path) override;
  absl::Status RenameFile(const std::string& from, const std::string& to) override;
  absl::Status RemoveFile(const std::string& path) override;
  absl::Status LinkFile(const std::string& from, const std::string& to) override;
  absl::Status RenameDirectory(const std::string& from, const std::string& to) override;
  absl::Status RemoveDirectory(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& path) override;
  absl::Status TruncateFile(const std::string& path, uint64_t size) override;
  absl::StatusOr<std::unique_ptr<DirectoryLock>> LockDirectory(const std::string& path) override;
  absl::StatusOr<uint64_t> FreeBytes(const std::string& path) override;

  // How many operations that change something have been started.
  uint64_t operation_count() const;
  // The `number`-th of them (counted from 1, from the beginning) and everything after it fails. An
  // append that crashes has written its bytes, unsynced; any other operation has not happened.
  void CrashAtOperation(uint64_t number);
  // The power goes now.
  void Crash();
  bool crashed() const;
  // A new file system holding what a power cut at this moment may leave.
  std::unique_ptr<SimulatedFileSystem> CrashState(uint64_t seed, CrashMode mode) const;

  void InjectFault(InjectedFault fault);
  void ClearFaults();
  // Appends beyond this many bytes in all files write what fits and are RESOURCE_EXHAUSTED.
  void SetCapacityBytes(uint64_t bytes);
  // Every Sync of a file takes this long; it is how tests see groups form.
  void SetSyncDelayMicroseconds(int64_t delay_us);
  // Syncs of a file after one that failed: each would be a false promise of durability.
  uint64_t syncs_after_failed_sync() const;
  uint64_t sync_count() const;

  // For tests that damage or plant files: durable at once, under no fault.
  void SetContent(const std::string& path, std::string content);
  void FlipBit(const std::string& path, uint64_t offset, int bit);
  std::string Content(const std::string& path) const;  // empty where there is no such file
  std::vector<std::string> AllPaths() const;

  struct State;  // shared with the files and locks handed out; defined in the .cc file

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace varve::storage

#endif  // STORAGE_IO_SIMULATED_FILE_SYSTEM_H_
