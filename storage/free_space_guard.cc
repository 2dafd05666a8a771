#include "storage/free_space_guard.h"

#include <utility>

#include "storage/model/text.h"

namespace varve::storage {

FreeSpaceGuard::FreeSpaceGuard(FileSystem* files, Clock* clock, std::string path,
                               uint64_t floor_bytes)
    : files_(files),
      clock_(clock),
      path_(std::move(path)),
      floor_bytes_(floor_bytes),
      free_bytes_(floor_bytes) {}

absl::Status FreeSpaceGuard::Check() {
  const int64_t now_ms = clock_->MonotonicMs();
  if (now_ms < full_until_ms_.load(std::memory_order_relaxed)) {
    return absl::ResourceExhaustedError(
        StrCat("cannot append: the disk of ", path_, " is full, want free space"));
  }
  int64_t next_look_ms = next_look_ms_.load(std::memory_order_relaxed);
  // One of the writers looks, the others go by what was seen last.
  if (floor_bytes_ > 0 && now_ms >= next_look_ms &&
      next_look_ms_.compare_exchange_strong(next_look_ms, now_ms + kFreeSpaceLookMs)) {
    const absl::StatusOr<uint64_t> free_bytes = files_->FreeBytes(path_);
    free_bytes_.store(free_bytes.ok() ? *free_bytes : floor_bytes_, std::memory_order_relaxed);
  }
  const uint64_t free_bytes = free_bytes_.load(std::memory_order_relaxed);
  if (free_bytes >= floor_bytes_) return absl::OkStatus();
  return absl::ResourceExhaustedError(StrCat("cannot append: ", free_bytes,
                                             " bytes are free on the disk of ", path_,
                                             ", want at least ", floor_bytes_));
}

void FreeSpaceGuard::NoteFull() {
  full_until_ms_.store(clock_->MonotonicMs() + kFreeSpaceLookMs, std::memory_order_relaxed);
}

}  // namespace varve::storage
