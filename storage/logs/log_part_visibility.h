// What deletions leave of a log part.
//
// Threads:  functions without state.
// Errors:   those of LogPart.
#ifndef STORAGE_LOGS_LOG_PART_VISIBILITY_H_
#define STORAGE_LOGS_LOG_PART_VISIBILITY_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/logs/log_part.h"
#include "storage/part/part_deletions.h"

namespace varve::storage {

using VisibleLogPart = VisiblePart<LogPartPtr>;

// The streams that match and have a block in the range. Those of which something is hidden are left
// out unless they have an entry in `range_ns` that is not.
absl::StatusOr<IdList> MatchVisible(const VisibleLogPart& part,
                                    const std::vector<Matcher>& matchers, TimeRange range_ns);

// The ranges within `range_ns` in which the entries of a stream are not hidden; `range_ns` itself
// where nothing of the stream is.
absl::StatusOr<std::vector<TimeRange>> VisibleRangesOf(const VisibleLogPart& part, uint32_t stream,
                                                       TimeRange range_ns);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_VISIBILITY_H_
