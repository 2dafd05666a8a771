// ReplayIntoHeads: puts what the WAL holds back into the heads when a database opens.
//
// Threads:  before any other use of the stores.
// Errors:   those of ReplayWal. A record that does not decode is counted as a corruption.
#ifndef STORAGE_HEAD_REPLAY_H_
#define STORAGE_HEAD_REPLAY_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/signal_stores.h"
#include "storage/wal/wal_reader.h"

namespace varve::storage {

struct HeadReplayCounts {
  std::array<uint64_t, kSignalKinds> entries = {};
  // Damaged places, records that did not decode, and records of series whose definition was lost.
  uint64_t corruptions = 0;
  uint64_t next_segment_id = 1;

  uint64_t EntriesOf(SignalKind kind) const { return entries[static_cast<size_t>(kind) - 1]; }
};

// `directory` is the data directory.
absl::StatusOr<HeadReplayCounts> ReplayIntoHeads(FileSystem* files, const std::string& directory,
                                                 const SignalStores& stores,
                                                 const WalReplayObserver& on_progress = {});

}  // namespace varve::storage

#endif  // STORAGE_HEAD_REPLAY_H_
