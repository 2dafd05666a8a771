// LogStore: the SignalStore of log entries: a LogHead, records of entries, log parts.
//
// Log entries are one such store; exemplars are another, see exemplar_store.h.
//
// Threads:  as SignalStore; Append and Log under a shared hold of the database's gate.
// Owns:     its head.
#ifndef STORAGE_LOG_STORE_H_
#define STORAGE_LOG_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/appender.h"
#include "storage/logs/log_head.h"
#include "storage/model/reuse_pool.h"
#include "storage/signal_store.h"
#include "storage/wal/entry_record.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

class LogStore : public SignalStore {
 public:
  // `kind`: kLogs or kExemplars.
  LogStore(SignalKind kind, WalRecordType record_type) : kind_(kind), record_type_(record_type) {}

  // Called by merges after each block they write: a merge of a day takes a while, in which the head
  // grows. An error ends the merge.
  void set_between_blocks(std::function<absl::Status()> visit) {
    between_blocks_ = std::move(visit);
  }

  const LogHead& head() const { return head_; }
  LogHead& head() { return head_; }

  // The stream of `labels`, made where it is missing; nullptr where that would be more than
  // `streams_max`.
  LogHeadStreamPtr FindOrCreate(LabelSetView labels, uint64_t streams_max);
  // Appends the entries of a batch. `*streams` becomes the stream of each write, nullptr where it
  // was refused. At most `streams_max` streams are active.
  void Append(const LogBatch& batch, uint64_t streams_max, AppendResult* result,
              std::vector<LogHeadStreamPtr>* streams);
  // Puts the batch into the WAL's current group, but for the writes whose stream is nullptr.
  WalWriter::Ticket Log(WalWriter* wal, const LogBatch& batch,
                        const std::vector<LogHeadStreamPtr>& streams) const;

  SignalKind kind() const override { return kind_; }
  WalRecordType record_type() const override { return record_type_; }
  HeadSize head_size() const override {
    const LogHeadStats stats = head_.Stats();
    return {stats.streams, stats.entries, stats.memory_bytes};
  }
  std::unique_ptr<RecordReplay> StartReplay() override;
  void BeginFlush() override { head_.BeginFlush(); }
  absl::Status WriteParts(PartSet* parts, std::vector<std::string>* names) override;
  void EndFlush(bool published) override { head_.EndFlush(published); }
  absl::StatusOr<bool> Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                             const std::string& path, const PartMetadata& identity) override;
  bool HasInHead(const std::vector<Matcher>& matchers, TimeRange range) const override {
    return !head_.Snapshot(matchers, range).empty();
  }

 private:
  const SignalKind kind_;
  const WalRecordType record_type_;
  LogHead head_;
  mutable ReusePool<EntryRecordEncoder> encoders_;  // they hold a few megabytes each
  std::function<absl::Status()> between_blocks_;
};

}  // namespace varve::storage

#endif  // STORAGE_LOG_STORE_H_
