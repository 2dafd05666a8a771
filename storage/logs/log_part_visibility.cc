#include "storage/logs/log_part_visibility.h"

#include <algorithm>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::StatusOr<bool> HasEntries(const LogPartPtr& part, uint32_t stream,
                                const std::vector<TimeRange>& ranges_ns) {
  const LogNeedles needles;
  for (const TimeRange& range_ns : ranges_ns) {
    for (const LogDirectoryRun& run : part->Runs(stream)) {
      if (range_ns.Contains(run.run.min_ns) || range_ns.Contains(run.run.max_ns)) return true;
    }
    // Blocks that only begin before and end after the range may have nothing in it.
    const LogReadOptions options{.range_ns = range_ns, .need_lines = false, .need_metadata = false};
    const auto source = LogPart::OpenSource(part, stream, &options, &needles);
    LogColumns columns;
    VARVE_ASSIGN_OR_RETURN(const bool any, source->Next(&columns));
    if (any) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<IdList> MatchVisible(const VisibleLogPart& part,
                                    const std::vector<Matcher>& matchers, TimeRange range_ns) {
  VARVE_ASSIGN_OR_RETURN(IdList ids, part.reader->Match(matchers, range_ns));
  if (part.deletions == nullptr) return ids;
  VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden, part.deletions->Find(part.reader->index()));
  IdList visible;
  for (const uint32_t id : ids) {
    const std::vector<TimeRange> ranges = hidden->RangesOf(id);
    bool seen = ranges.empty();
    if (!seen) {
      VARVE_ASSIGN_OR_RETURN(seen, HasEntries(part.reader, id, VisibleRanges(ranges, range_ns)));
    }
    if (seen) visible.push_back(id);
  }
  return visible;
}

absl::StatusOr<std::vector<TimeRange>> VisibleRangesOf(const VisibleLogPart& part, uint32_t stream,
                                                       TimeRange range_ns) {
  if (part.deletions == nullptr) return std::vector<TimeRange>{range_ns};
  VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden, part.deletions->Find(part.reader->index()));
  return VisibleRanges(hidden->RangesOf(stream), range_ns);
}

}  // namespace varve::storage
