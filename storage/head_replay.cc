#include "storage/head_replay.h"

#include <memory>
#include <string_view>
#include <vector>

#include "storage/io/file_names.h"
#include "storage/status_macros.h"
#include "storage/wal/wal_reader.h"

namespace varve::storage {
namespace {

// Hands each record to the replay of its type, which begins with the first one.
class HeadReplay {
 public:
  explicit HeadReplay(const SignalStores& stores) {
    for (SignalStore* store : stores.all()) streams_.push_back({store, nullptr});
  }

  void Visit(uint64_t segment_id, WalRecordType type, std::string_view payload) {
    if (segment_id != segment_id_) {
      segment_id_ = segment_id;
      for (RecordStream& stream : streams_) {
        if (stream.replay != nullptr) stream.replay->BeginSegment();
      }
    }
    for (RecordStream& stream : streams_) {
      if (stream.store->record_type() != type) continue;
      if (stream.replay == nullptr) stream.replay = stream.store->StartReplay();
      stream.replay->Visit(payload);
    }
  }

  HeadReplayCounts Finish() {
    HeadReplayCounts counts;
    for (RecordStream& stream : streams_) {
      if (stream.replay == nullptr) continue;
      const ReplayCounts one = stream.replay->Finish();
      counts.entries[static_cast<size_t>(stream.store->kind()) - 1] = one.entries;
      counts.corruptions += one.corruptions;
    }
    return counts;
  }

 private:
  struct RecordStream {
    SignalStore* store;
    std::unique_ptr<RecordReplay> replay;
  };

  std::vector<RecordStream> streams_;
  uint64_t segment_id_ = 0;
};

}  // namespace

absl::StatusOr<HeadReplayCounts> ReplayIntoHeads(FileSystem* files, const std::string& directory,
                                                 const SignalStores& stores,
                                                 const WalReplayObserver& on_progress) {
  HeadReplay replay(stores);
  VARVE_ASSIGN_OR_RETURN(
      const WalReplayStats stats,
      ReplayWal(
          files, JoinPath(directory, kWalDirectoryName),
          JoinPath(directory, kQuarantineDirectoryName),
          [&](uint64_t segment_id, WalRecordType type, std::string_view payload) {
            replay.Visit(segment_id, type, payload);
            return absl::OkStatus();
          },
          on_progress));
  HeadReplayCounts counts = replay.Finish();
  counts.corruptions += stats.corruptions;
  counts.next_segment_id = stats.highest_segment_id + 1;
  return counts;
}

}  // namespace varve::storage
