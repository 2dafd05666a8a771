// ReplayWal gives every intact record of a log directory to a visitor, in the order of writing.
//
// Damage costs the record it hit. A reader that meets damage looks for the next offset at which a
// record verifies (the checksums bind a record to its segment and offset) and goes on there; the
// bytes between are copied to quarantine/ and counted. Damage with nothing valid behind it is a
// torn tail, what a crash leaves of records nobody was promised, if it looks like one: a record cut
// short, or zeros; and if the next segment does not say that those bytes had been synced. Later
// segments are read in any case, also behind one with a damaged header. Nothing is changed or
// deleted.
//
// Threads:  a free function; nobody writes the directory meanwhile.
// Owns:     nothing.
// Errors:   FAILED_PRECONDITION for a segment of another version, found before any record is
//           visited; UNAVAILABLE when a segment cannot be read: an I/O error is never taken for an
//           end; and whatever the visitor returns.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_WAL_WAL_READER_H_
#define STORAGE_WAL_WAL_READER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/wal/wal_format.h"

namespace varve::storage {

struct WalReplayStats {
  uint64_t segments = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;
  uint64_t corruptions = 0;  // damaged ranges, segment headers included
  uint64_t corrupt_bytes = 0;
  uint64_t torn_tails = 0;         // segments that end in what a crash leaves
  uint64_t quarantined_files = 0;  // written by this replay
  uint64_t highest_segment_id = 0;
};

// `payload` is valid during the call. Records of types this version does not know come too.
using WalVisitor = absl::FunctionRef<absl::Status(uint64_t segment_id, WalRecordType type,
                                                  std::string_view payload)>;

// How far a replay has come; segments are named by their ids.
struct WalReplayProgress {
  uint64_t first_segment = 0;
  uint64_t last_segment = 0;
  uint64_t read_segment = 0;  // the last one that was read; before that, the first
};
using WalReplayObserver = std::function<void(const WalReplayProgress&)>;

// A missing directory is an empty log. `quarantine_directory` is created when something goes there;
// a copy that cannot be written (the disk may be full) does not fail the replay, as the segment
// itself stays where it is.
absl::StatusOr<WalReplayStats> ReplayWal(FileSystem* files, const std::string& directory,
                                         const std::string& quarantine_directory,
                                         WalVisitor visitor,
                                         const WalReplayObserver& on_progress = {});

// What the scan of one segment found damaged: bytes [begin, end).
struct WalDamage {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool torn_tail = false;
};

// The scan of one segment, all of whose bytes are `segment`. `synced_bytes` of it are known to have
// been durable. Stops at the first error of the visitor.
absl::Status ScanWalSegment(std::string_view segment, uint64_t segment_id, uint64_t synced_bytes,
                            WalVisitor visitor, absl::FunctionRef<void(WalDamage)> on_damage);

}  // namespace varve::storage

#endif  // STORAGE_WAL_WAL_READER_H_
