// Makes a LogSelection over parts and a snapshot of the head: the union of their streams by label
// set, each read as one.
//
// Threads:  as LogSelection.
// Owns:     the selection shares parts and snapshots.
// Errors:   those of the parts' indexes.
#ifndef STORAGE_LOGS_LOG_SELECTION_H_
#define STORAGE_LOGS_LOG_SELECTION_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/logs/log_part_visibility.h"
#include "storage/logs/log_stream_snapshot.h"
#include "storage/querier.h"

namespace varve::storage {

// `parts` in order of age, the oldest first. `head` is LogHead::Snapshot with the same matchers and
// range, taken before the list of parts was: what a flush moved meanwhile is then seen twice and
// merged, not missed.
absl::StatusOr<std::unique_ptr<LogSelection>> MakeLogSelection(
    const std::vector<VisibleLogPart>& parts, std::vector<LogStreamSnapshot> head,
    const std::vector<Matcher>& matchers, TimeRange range_ns);

// Sums over parts and head; duplicates between them count twice. Of each stream, in no order.
absl::StatusOr<std::vector<StreamVolume>> SumStreamVolumes(
    const std::vector<VisibleLogPart>& parts, const std::vector<LogStreamSnapshot>& head,
    const std::vector<Matcher>& matchers, TimeRange range_ns);
// The same of all streams.
absl::StatusOr<LogVolume> SumLogVolume(const std::vector<VisibleLogPart>& parts,
                                       const std::vector<LogStreamSnapshot>& head,
                                       const std::vector<Matcher>& matchers, TimeRange range_ns);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_SELECTION_H_
