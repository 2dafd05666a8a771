// MetricStore: the SignalStore of samples: a MetricHead, records of samples, metric parts.
//
// Float samples are one such store; start timestamps are another, because they are numbers of the
// same series at the same times.
//
// Threads:  as SignalStore; Append and Log under a shared hold of the database's gate.
// Owns:     its head.
#ifndef STORAGE_METRIC_STORE_H_
#define STORAGE_METRIC_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "storage/appender.h"
#include "storage/metrics/metric_head.h"
#include "storage/signal_store.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

class MetricStore : public SignalStore {
 public:
  // `kind`: kMetrics or kStartTimestamps. `hash_seed` as in SeriesRegistry.
  MetricStore(SignalKind kind, WalRecordType record_type, uint64_t hash_seed)
      : kind_(kind), record_type_(record_type), head_(hash_seed) {}

  const MetricHead& head() const { return head_; }
  MetricHead& head() { return head_; }

  // Puts what MetricHead::Append accepted into the WAL's current group. REQUIRES: !runs.empty().
  WalWriter::Ticket Log(WalWriter* wal, const MetricBatch& batch,
                        const std::vector<AcceptedRun>& runs) const;

  SignalKind kind() const override { return kind_; }
  WalRecordType record_type() const override { return record_type_; }
  HeadSize head_size() const override {
    return {.series = head_.series_count(), .entries = head_.sample_count()};
  }
  std::unique_ptr<RecordReplay> StartReplay() override;
  void BeginFlush() override { head_.BeginFlush(); }
  absl::Status WriteParts(PartSet* parts, std::vector<std::string>* names) override;
  void EndFlush(bool published) override { head_.EndFlush(published); }
  void EvictIdle(int64_t before_ms) override { head_.EvictIdle(before_ms); }
  absl::StatusOr<bool> Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                             const std::string& path, const PartMetadata& identity) override;
  bool HasInHead(const std::vector<Matcher>& matchers, TimeRange range) const override {
    return head_.HasMatching(matchers, range);
  }
  void Forget(const std::vector<Matcher>& matchers, TimeRange range) override {
    head_.Forget(matchers, range);
  }

 private:
  const SignalKind kind_;
  const WalRecordType record_type_;
  MetricHead head_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRIC_STORE_H_
