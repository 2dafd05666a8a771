// ExemplarStore: the SignalStore of exemplars, which lie in it as log entries: the stream is the
// series' label set, the line the 8 bytes of the value, the structured metadata the exemplar's
// labels. An exemplar that comes again is stored once.
//
// Threads:  as LogStore.
// Errors:   none for a batch: an exemplar that cannot be stored is left out, and counted.
#ifndef STORAGE_EXEMPLAR_STORE_H_
#define STORAGE_EXEMPLAR_STORE_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/appender.h"
#include "storage/log_store.h"
#include "storage/model/exemplar.h"
#include "storage/model/label_set.h"
#include "storage/querier.h"

namespace varve::storage {

// The label set of an exemplar has at most so many characters, names and values together (what
// OpenMetrics allows, and Prometheus enforces).
inline constexpr size_t kExemplarLabelRunesMax = 128;

class ExemplarStore : public LogStore {
 public:
  ExemplarStore() : LogStore(SignalKind::kExemplars, WalRecordType::kExemplars) {}

  // Stores the exemplars of a batch whose time is in `range_ms` and logs them. `labels` are those
  // of each write's series, empty for one that was refused. Adds to result->exemplars_accepted.
  // Nothing where there is nothing to log.
  std::optional<WalWriter::Ticket> Write(WalWriter* wal, const MetricBatch& batch,
                                         const std::vector<LabelSetView>& labels,
                                         TimeRange range_ms, uint64_t series_max,
                                         AppendResult* result);

  uint64_t rejected_total() const { return rejected_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> rejected_{0};
};

// Reads the exemplars of all series of a selection of their store. `range_ns` as in that selection.
absl::StatusOr<std::vector<SeriesExemplars>> ReadExemplars(const LogSelection& selection,
                                                           TimeRange range_ns);

}  // namespace varve::storage

#endif  // STORAGE_EXEMPLAR_STORE_H_
