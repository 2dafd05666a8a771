// SeriesStore: what the SignalStores of series, of samples and of histograms, have in common: a
// SeriesHead, which does the work of a flush and a delete.
//
// `Head` is MetricHead or HistogramHead.
//
// Threads:  as SignalStore.
// Owns:     its head.
#ifndef STORAGE_SERIES_STORE_H_
#define STORAGE_SERIES_STORE_H_

#include <cstdint>
#include <vector>

#include "storage/signal_store.h"

namespace varve::storage {

template <typename Head>
class SeriesStore : public SignalStore {
 public:
  // `hash_seed` as in SeriesRegistry.
  SeriesStore(SignalKind kind, WalRecordType record_type, uint64_t hash_seed)
      : kind_(kind), record_type_(record_type), head_(hash_seed) {}

  const Head& head() const { return head_; }
  Head& head() { return head_; }

  SignalKind kind() const override { return kind_; }
  WalRecordType record_type() const override { return record_type_; }
  HeadSize head_size() const override {
    return {.series = head_.series_count(), .entries = head_.sample_count()};
  }
  void BeginFlush() override { head_.BeginFlush(); }
  void EndFlush(bool published) override { head_.EndFlush(published); }
  bool HasIdle(int64_t before_ms) const override { return head_.HasIdle(before_ms); }
  bool EvictIdle(int64_t before_ms) override { return head_.EvictIdle(before_ms).has_value(); }
  bool HasInHead(const std::vector<Matcher>& matchers, TimeRange range) const override {
    return head_.HasMatching(matchers, range);
  }
  void Forget(const std::vector<Matcher>& matchers, TimeRange range) override {
    head_.Forget(matchers, range);
  }

 private:
  const SignalKind kind_;
  const WalRecordType record_type_;
  Head head_;
};

}  // namespace varve::storage

#endif  // STORAGE_SERIES_STORE_H_
