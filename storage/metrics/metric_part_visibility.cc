#include "storage/metrics/metric_part_visibility.h"

#include "storage/status_macros.h"

namespace varve::storage {

absl::StatusOr<IdList> MatchVisible(const VisibleSeriesPart& part,
                                    const std::vector<Matcher>& matchers, TimeRange range_ms) {
  VARVE_ASSIGN_OR_RETURN(IdList ids, part.reader->Match(matchers));
  if (part.deletions == nullptr) return ids;
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.reader->Index());
  VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden, part.deletions->Find(*index));
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, part.reader->Directory());
  SeriesChunksCursor cursor(directory);
  IdList visible;
  for (const uint32_t id : ids) {
    const std::vector<TimeRange> ranges = hidden->RangesOf(id);
    bool seen = ranges.empty();
    if (!seen) VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    for (const TimeRange& range : VisibleRanges(ranges, range_ms)) {
      if (seen) break;
      VARVE_ASSIGN_OR_RETURN(seen, part.reader->HasSamplesIn(cursor.chunks(), range));
    }
    if (seen) visible.push_back(id);
  }
  return visible;
}

absl::StatusOr<std::vector<TimeRange>> VisibleRangesOf(const VisibleSeriesPart& part, uint32_t id,
                                                       TimeRange range_ms) {
  if (part.deletions == nullptr) return std::vector<TimeRange>{range_ms};
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.reader->Index());
  VARVE_ASSIGN_OR_RETURN(const HiddenSeries* hidden, part.deletions->Find(*index));
  return VisibleRanges(hidden->RangesOf(id), range_ms);
}

absl::Status ReadVisible(const VisibleMetricPart& part, uint32_t id, TimeRange range_ms,
                         TimestampColumn* timestamps_ms, std::vector<double>* values) {
  if (part.deletions == nullptr) return part.reader->Read(id, range_ms, timestamps_ms, values);
  VARVE_ASSIGN_OR_RETURN(const std::vector<TimeRange> visible,
                         VisibleRangesOf({part.reader.get(), part.deletions}, id, range_ms));
  // One range keeps the timestamps shared with other series.
  if (visible.empty()) return part.reader->Read(id, {}, timestamps_ms, values);
  if (visible.size() == 1) return part.reader->Read(id, visible[0], timestamps_ms, values);
  std::vector<int64_t> all_timestamps_ms;
  values->clear();
  TimestampColumn some_timestamps_ms;
  std::vector<double> some_values;
  for (const TimeRange& range : visible) {
    VARVE_RETURN_IF_ERROR(part.reader->Read(id, range, &some_timestamps_ms, &some_values));
    all_timestamps_ms.insert(all_timestamps_ms.end(), some_timestamps_ms->begin(),
                             some_timestamps_ms->end());
    values->insert(values->end(), some_values.begin(), some_values.end());
  }
  *timestamps_ms = std::make_shared<const std::vector<int64_t>>(std::move(all_timestamps_ms));
  return absl::OkStatus();
}

}  // namespace varve::storage
