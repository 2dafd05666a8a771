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
#include "storage/series_store.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

class HistogramStore : public SeriesStore<HistogramHead> {
 public:
  // `hash_seed` as in SeriesRegistry.
  explicit HistogramStore(uint64_t hash_seed)
      : SeriesStore(SignalKind::kHistograms, WalRecordType::kHistograms, hash_seed) {}

  // Puts what HistogramHead::Append accepted into the WAL's current group. REQUIRES: it is not
  // nothing.
  WalWriter::Ticket Log(WalWriter* wal, const AcceptedHistograms& histograms) const;

  std::unique_ptr<RecordReplay> StartReplay() override;
  absl::Status WriteParts(PartSet* parts, std::vector<std::string>* names) override;
  absl::StatusOr<bool> Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                             const std::string& path, const PartMetadata& identity) override;
};

}  // namespace varve::storage

#endif  // STORAGE_HISTOGRAM_STORE_H_
