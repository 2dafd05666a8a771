#include "storage/logs/log_part_visibility.h"

#include <algorithm>
#include <utility>

#include "storage/logs/hiding_log_source.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// So many entries at a time are looked at for one that is visible; most often the first is.
constexpr uint32_t kProbeEntries = 64;

// Whether a stream has an entry in `range_ns` that is visible.
absl::StatusOr<bool> HasEntries(const VisibleLogPart& part, uint32_t stream, TimeRange range_ns) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<TimeRange> visible_ns,
                         VisibleRangesOf(part, stream, range_ns));
  VARVE_ASSIGN_OR_RETURN(const bool filtered, HasHiddenEntries(part, stream, visible_ns));
  for (const TimeRange& one_ns : visible_ns) {
    for (const LogDirectoryRun& run : part.reader->Runs(stream)) {
      if (filtered) break;
      if (one_ns.Contains(run.run.min_ns) || one_ns.Contains(run.run.max_ns)) return true;
    }
  }
  if (const auto seen_ns = part.deletions->VisibleTime(stream); seen_ns.has_value()) {
    if (range_ns.Contains(*seen_ns)) return true;
  }
  // Blocks that only begin before and end after the range may have nothing in it.
  const LogNeedles needles;
  std::deque<LogReadOptions> reads;
  std::vector<std::unique_ptr<LogBatchSource>> sources;
  const LogReadOptions options{.range_ns = range_ns,
                               .need_lines = false,
                               .need_metadata = false,
                               .batch_entries_max = kProbeEntries};
  VARVE_RETURN_IF_ERROR(AppendVisibleSources(part, stream, options, &needles, &reads, &sources));
  for (const auto& source : sources) {
    LogColumns columns;
    VARVE_ASSIGN_OR_RETURN(const bool any, source->Next(&columns));
    if (!any) continue;
    part.deletions->NoteVisible(stream, columns.timestamps_ns.front());
    return true;
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
    bool seen = hidden->RangesOf(id).empty() && hidden->EntriesOf(id).empty();
    if (!seen) {
      VARVE_ASSIGN_OR_RETURN(seen, HasEntries(part, id, range_ns));
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

absl::StatusOr<bool> HasHiddenEntries(const VisibleLogPart& part, uint32_t stream,
                                      const std::vector<TimeRange>& ranges_ns) {
  if (part.deletions == nullptr) return false;
  VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden, part.deletions->Find(part.reader->index()));
  for (const HiddenEntries& entries : hidden->EntriesOf(stream)) {
    for (const TimeRange& range_ns : ranges_ns) {
      if (entries.range.Overlaps(range_ns)) return true;
    }
  }
  return false;
}

absl::Status AppendVisibleSources(const VisibleLogPart& part, uint32_t stream,
                                  const LogReadOptions& options, const LogNeedles* needles,
                                  std::deque<LogReadOptions>* reads,
                                  std::vector<std::unique_ptr<LogBatchSource>>* sources) {
  VARVE_ASSIGN_OR_RETURN(const std::vector<TimeRange> visible_ns,
                         VisibleRangesOf(part, stream, options.range_ns));
  for (const TimeRange& range_ns : visible_ns) {
    reads->push_back(options);
    reads->back().range_ns = range_ns;
    auto source = LogPart::OpenSource(part.reader, stream, &reads->back(), needles);
    VARVE_ASSIGN_OR_RETURN(const bool filtered, HasHiddenEntries(part, stream, {range_ns}));
    if (filtered) {
      VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden,
                             part.deletions->Find(part.reader->index()));
      VARVE_ASSIGN_OR_RETURN(const LabelSet labels, part.reader->Labels(stream));
      source =
          std::make_unique<HidingLogSource>(std::move(source), labels, hidden->EntriesOf(stream));
    }
    sources->push_back(std::move(source));
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
