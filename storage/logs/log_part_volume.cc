#include "storage/logs/log_part_volume.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

using Runs = std::span<const LogDirectoryRun>;
using VisibleSum = PartDeletions::VisibleSum;

TimeRange RangeOf(const LogDirectoryRun& run) {
  return TimeRange::Inclusive(run.run.min_ns, run.run.max_ns);
}

// What hides entries of one stream.
struct Hidden {
  std::vector<TimeRange> ranges;
  std::vector<HiddenEntries> entries;

  bool Touches(TimeRange range_ns) const {
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](TimeRange one) { return one.Overlaps(range_ns); }) ||
           std::any_of(entries.begin(), entries.end(),
                       [&](const HiddenEntries& one) { return one.range.Overlaps(range_ns); });
  }
};

absl::StatusOr<VisibleSum> ReadVisible(const VisibleLogPart& part, uint32_t stream,
                                       TimeRange range_ns) {
  const LogNeedles needles;
  std::deque<LogReadOptions> reads;
  std::vector<std::unique_ptr<LogBatchSource>> sources;
  const LogReadOptions options{.range_ns = range_ns, .need_lines = false};
  VARVE_RETURN_IF_ERROR(AppendVisibleSources(part, stream, options, &needles, &reads, &sources));
  VisibleSum sum;
  for (const auto& source : sources) {
    LogColumns columns;
    while (true) {
      VARVE_ASSIGN_OR_RETURN(const bool more, source->Next(&columns));
      if (!more) break;
      sum.entries += columns.size;
      for (const uint32_t bytes : columns.line_bytes) sum.bytes += bytes;
      for (const LabelSetView metadata : columns.metadata) sum.bytes += metadata.packed().size();
    }
  }
  return sum;
}

// Blocks that share a time at their ends are read together, so that nothing is counted twice.
size_t EndOfGroup(Runs runs, size_t begin) {
  size_t end = begin + 1;
  while (end < runs.size() && runs[end].run.min_ns <= runs[end - 1].run.max_ns) ++end;
  return end;
}

void AddRun(const LogDirectoryRun& run, LogVolume* volume) {
  ++volume->chunks;
  volume->entries += run.run.entries;
  volume->bytes += run.run.raw_bytes;
}

}  // namespace

absl::Status AddVisibleVolume(const VisibleLogPart& part, uint32_t stream, TimeRange range_ns,
                              LogVolume* volume) {
  Hidden hidden;
  if (part.deletions != nullptr) {
    VARVE_ASSIGN_OR_RETURN(const HiddenSeries* series, part.deletions->Find(part.reader->index()));
    hidden = {series->RangesOf(stream), series->EntriesOf(stream)};
  }
  const Runs runs = part.reader->Runs(stream);
  for (size_t begin = 0, end = 0; begin < runs.size(); begin = end) {
    end = EndOfGroup(runs, begin);
    const TimeRange group_ns =
        TimeRange::Inclusive(runs[begin].run.min_ns, runs[end - 1].run.max_ns);
    uint64_t blocks = 0;
    for (const LogDirectoryRun& run : runs.subspan(begin, end - begin)) {
      if (RangeOf(run).Overlaps(range_ns)) ++blocks;
    }
    if (blocks == 0) continue;
    if (!hidden.Touches(group_ns)) {
      for (const LogDirectoryRun& run : runs.subspan(begin, end - begin)) {
        if (RangeOf(run).Overlaps(range_ns)) AddRun(run, volume);
      }
      continue;
    }
    const auto first = static_cast<uint32_t>(begin);
    std::optional<VisibleSum> sum = part.deletions->VisibleSumOf(stream, first);
    if (!sum.has_value()) {
      VARVE_ASSIGN_OR_RETURN(sum, ReadVisible(part, stream, group_ns));
      part.deletions->NoteVisibleSum(stream, first, *sum);
    }
    if (sum->entries == 0) continue;
    volume->chunks += blocks;
    volume->entries += sum->entries;
    volume->bytes += sum->bytes;
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
