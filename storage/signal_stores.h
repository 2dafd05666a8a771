// SignalStores: all stores of a database, each one by its name, and as a list.
//
// Threads:  see SignalStore.
// Owns:     the stores.
#ifndef STORAGE_SIGNAL_STORES_H_
#define STORAGE_SIGNAL_STORES_H_

#include <cstdint>
#include <vector>

#include "storage/exemplar_store.h"
#include "storage/histogram_store.h"
#include "storage/log_store.h"
#include "storage/metric_store.h"
#include "storage/signal_store.h"

namespace varve::storage {

class SignalStores {
 public:
  explicit SignalStores(uint64_t hash_seed)
      : samples(SignalKind::kMetrics, WalRecordType::kSamples, hash_seed),
        entries(SignalKind::kLogs, WalRecordType::kEntries),
        start_timestamps(SignalKind::kStartTimestamps, WalRecordType::kStartTimestamps, hash_seed),
        histograms(hash_seed) {}

  MetricStore samples;
  LogStore entries;
  MetricStore start_timestamps;
  ExemplarStore exemplars;
  HistogramStore histograms;

  // In the order in which a flush writes them.
  const std::vector<SignalStore*>& all() const { return all_; }
  // The store of a kind; nullptr where there is none.
  SignalStore* Of(SignalKind kind) const {
    for (SignalStore* store : all_) {
      if (store->kind() == kind) return store;
    }
    return nullptr;
  }

 private:
  const std::vector<SignalStore*> all_ = {&samples, &entries, &start_timestamps, &exemplars,
                                          &histograms};
};

}  // namespace varve::storage

#endif  // STORAGE_SIGNAL_STORES_H_
