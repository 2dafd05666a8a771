// LogReplay: puts records of log entries back into a LogHead.
//
// Threads:  one-thread.
// Owns:     its decoder; the head outlives it.
// Format:   storage/docs/wal_format.md
#ifndef STORAGE_LOG_REPLAY_H_
#define STORAGE_LOG_REPLAY_H_

#include <cstdint>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "storage/logs/log_head.h"
#include "storage/signal_store.h"
#include "storage/wal/entry_record.h"

namespace varve::storage {

class LogReplay : public RecordReplay {
 public:
  explicit LogReplay(LogHead* head) : head_(head) {}

  void BeginSegment() override { streams_.clear(); }
  void Visit(std::string_view payload) override;
  ReplayCounts Finish() override { return counts_; }

 private:
  LogHead* head_;
  absl::flat_hash_map<uint64_t, LogHeadStreamPtr> streams_;  // by reference
  EntryRecordDecoder decoder_;
  ReplayCounts counts_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOG_REPLAY_H_
