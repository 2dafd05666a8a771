// Writes log parts from what exists: the head's streams (a flush) or other parts (a compaction).
//
// Entries come out in order and exact duplicates once. Blocks that are large enough, and overlap
// nothing, are copied without decoding them.
//
// Threads:  free functions.
// Owns:     nothing; holds a few blocks of one stream in memory at a time.
// Errors:   those of the inputs and of LogPartWriter. After one the writer is to be destroyed.
#ifndef STORAGE_LOGS_LOG_PART_MERGE_H_
#define STORAGE_LOGS_LOG_PART_MERGE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/logs/log_part_visibility.h"
#include "storage/logs/log_part_writer.h"
#include "storage/logs/log_stream_snapshot.h"
#include "storage/model/time_range.h"

namespace varve::storage {

// A UTC day as nanoseconds since the epoch; days at the ends of time are cut.
TimeRange DayRangeNs(int32_t day);

// The UTC days on which `streams` have entries, ascending: a part holds one day.
absl::StatusOr<std::vector<int32_t>> DaysOf(const std::vector<LogStreamSnapshot>& streams);

// Adds the entries that lie in `range_ns`. `streams` are sorted by label set, as the head gives
// them.
absl::Status WriteLogStreams(const std::vector<LogStreamSnapshot>& streams, TimeRange range_ns,
                             LogPartWriter* writer);

// Adds all entries of `parts` that no deletion hides. The parts stand in order of age, the oldest
// first.
absl::Status MergeLogParts(const std::vector<VisibleLogPart>& parts, LogPartWriter* writer);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_MERGE_H_
