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
#include "storage/series_store.h"
#include "storage/wal/wal_writer.h"

namespace varve::storage {

class MetricStore : public SeriesStore<MetricHead> {
 public:
  // `kind`: kMetrics or kStartTimestamps.
  using SeriesStore::SeriesStore;

  // Puts what MetricHead::Append accepted into the WAL's current group. REQUIRES: !runs.empty().
  WalWriter::Ticket Log(WalWriter* wal, const MetricBatch& batch,
                        const std::vector<AcceptedRun>& runs) const;

  std::unique_ptr<RecordReplay> StartReplay() override;
  absl::Status WriteParts(PartSet* parts, std::vector<std::string>* names) override;
  absl::StatusOr<bool> Merge(FileSystem* files, const std::vector<StoredPartPtr>& inputs,
                             const std::string& path, const PartMetadata& identity) override;
};

}  // namespace varve::storage

#endif  // STORAGE_METRIC_STORE_H_
