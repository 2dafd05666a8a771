// What deletions leave of a log part.
//
// Threads:  functions without state.
// Errors:   those of LogPart.
#ifndef STORAGE_LOGS_LOG_PART_VISIBILITY_H_
#define STORAGE_LOGS_LOG_PART_VISIBILITY_H_

#include <cstdint>
#include <deque>
#include <memory>
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

// The ranges within `range_ns` that are not hidden of a stream as a whole; `range_ns` itself where
// nothing of the stream is.
absl::StatusOr<std::vector<TimeRange>> VisibleRangesOf(const VisibleLogPart& part, uint32_t stream,
                                                       TimeRange range_ns);

// Whether filters hide entries of a stream in these ranges, or might.
absl::StatusOr<bool> HasHiddenEntries(const VisibleLogPart& part, uint32_t stream,
                                      const std::vector<TimeRange>& ranges_ns);

// Appends sources of what is visible of a stream in the range that `options` ask for, one for each
// visible range. They borrow from `*reads`, to which they add what they need, from `needles` and
// from `part`.
absl::Status AppendVisibleSources(const VisibleLogPart& part, uint32_t stream,
                                  const LogReadOptions& options, const LogNeedles* needles,
                                  std::deque<LogReadOptions>* reads,
                                  std::vector<std::unique_ptr<LogBatchSource>>* sources);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_PART_VISIBILITY_H_
