// HistogramStore: the SignalStore of native histograms: a HistogramHead, records of histograms,
// histogram parts.
//
// Threads:  as SignalStore; Append and Log under a shared hold of the database's gate.
// Owns:     its head.
#ifndef STORAGE_HISTOGRAM_STORE_H_
#define STORAGE_HISTOGRAM_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "storage/metrics/histogram_head.h"
#include "storage/signal_store.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

class HistogramStore : public SignalStore {
 public:
  // `hash_seed` as in SeriesRegistry.
  explicit HistogramStore(uint64_t hash_seed) : head_(hash_seed) {}

  const HistogramHead& head() const { return head_; }
  HistogramHead& head() { return head_; }

  // Puts what HistogramHead::Append accepted into the WAL's current group. REQUIRES: it is not
  // nothing.
  WalWriter::Ticket Log(WalWriter* wal, const AcceptedHistograms& histograms) const;

  SignalKind kind() const override { return SignalKind::kHistograms; }
  WalRecordType record_type() const override { return WalRecordType::kHistograms; }
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
  HistogramHead head_;
};

}  // namespace varve::storage

#endif  // STORAGE_HISTOGRAM_STORE_H_
