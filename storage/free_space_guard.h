// FreeSpaceGuard: whether the disk has room for another write.
//
// Writes are refused while less is free than a floor, before they take memory: what is left is for
// flushes, merges and the manifest, which retention and the way back to normal need. Whoever finds
// the disk full all the same says so (NoteFull), and nobody else tries for a while.
//
// The disk is looked at once in kFreeSpaceLookMs, so that writes resume within that time.
//
// Threads:  thread-safe, without locks.
// Errors:   RESOURCE_EXHAUSTED. A disk that cannot be measured is taken for one with room.
#ifndef STORAGE_FREE_SPACE_GUARD_H_
#define STORAGE_FREE_SPACE_GUARD_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "storage/io/clock.h"
#include "storage/io/file_system.h"

namespace varve::storage {

inline constexpr int64_t kFreeSpaceLookMs = 1000;

class FreeSpaceGuard {
 public:
  // `files` and `clock` outlive it. `floor_bytes` of 0: only NoteFull makes Check refuse.
  FreeSpaceGuard(FileSystem* files, Clock* clock, std::string path, uint64_t floor_bytes);

  absl::Status Check();
  // A write found the disk full.
  void NoteFull();

 private:
  FileSystem* const files_;
  Clock* const clock_;
  const std::string path_;
  const uint64_t floor_bytes_;
  std::atomic<int64_t> next_look_ms_{std::numeric_limits<int64_t>::min()};  // monotonic clock
  std::atomic<uint64_t> free_bytes_;
  std::atomic<int64_t> full_until_ms_{std::numeric_limits<int64_t>::min()};
};

}  // namespace varve::storage

#endif  // STORAGE_FREE_SPACE_GUARD_H_
