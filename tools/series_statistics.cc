#include "tools/series_statistics.h"

#include <algorithm>
#include <iterator>

#include "absl/container/flat_hash_set.h"
#include "storage/metrics/metric_part.h"
#include "storage/model/text.h"
#include "storage/part/part_file.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

using storage::StrCat;

template <typename Group, typename Size>
SeriesStatistics::Ranking<Group> Greatest(const absl::flat_hash_map<std::string, Group>& groups,
                                          size_t top, Size size) {
  SeriesStatistics::Ranking<Group> ranking(groups.begin(), groups.end());
  std::sort(ranking.begin(), ranking.end(), [&](const auto& a, const auto& b) {
    return size(a.second) != size(b.second) ? size(a.second) > size(b.second) : a.first < b.first;
  });
  if (ranking.size() > top) ranking.resize(top);
  return ranking;
}

void Extend(storage::TimeRange added, storage::TimeRange* range) {
  if (range->empty()) {
    *range = added;
    return;
  }
  range->begin = std::min(range->begin, added.begin);
  range->end = std::max(range->end, added.end);
}

}  // namespace

absl::Status SeriesStatistics::AddPart(storage::FileSystem* files, const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<storage::PartFile> file,
                         storage::PartFile::Open(files, path));
  if (file->kind() == storage::SignalKind::kHistograms) {
    VARVE_ASSIGN_OR_RETURN(const storage::MetricPartReport report,
                           storage::InspectHistogramPart(files, path));
    AddCodecs(report);
    return absl::OkStatus();
  }
  if (file->kind() != storage::SignalKind::kMetrics) return absl::OkStatus();
  const uint64_t bytes = file->size();
  VARVE_ASSIGN_OR_RETURN(const storage::MetricPartReport report,
                         storage::InspectMetricPart(files, path));
  VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<storage::MetricPart> part,
                         storage::MetricPart::Open(std::move(file)));
  VARVE_ASSIGN_OR_RETURN(const storage::MetricPartDirectory* directory, part->Directory());
  storage::SeriesChunksCursor chunks(directory);
  storage::MetricPartScanner scanner(part);
  while (true) {
    VARVE_ASSIGN_OR_RETURN(const bool more, scanner.Next());
    if (!more) break;
    if (scanner.values().empty()) continue;
    VARVE_RETURN_IF_ERROR(chunks.Seek(scanner.id()));
    Series& series = series_[storage::LabelSet(scanner.labels())];
    series.samples += scanner.values().size();
    for (const uint32_t chunk_bytes : chunks.chunks().chunk_bytes) {
      series.value_bytes += chunk_bytes;
    }
    const auto span_ms = storage::TimeRange::Inclusive(scanner.timestamps_ms()->front(),
                                                       scanner.timestamps_ms()->back());
    Extend(span_ms, &series.span_ms);
    Extend(span_ms, &span_ms_);
  }
  AddCodecs(report);
  ++parts_;
  file_bytes_ += bytes;
  return absl::OkStatus();
}

void SeriesStatistics::AddCodecs(const storage::MetricPartReport& report) {
  for (const storage::MetricPartReport::Codec& codec : report.codecs) {
    if (codec.chunks == 0) continue;
    storage::MetricPartReport::Codec& sum = codecs_[std::string(codec.name)];
    sum.chunks += codec.chunks;
    sum.samples += codec.samples;
    sum.bytes += codec.bytes;
  }
}

uint64_t SeriesStatistics::samples() const {
  uint64_t samples = 0;
  for (const auto& [labels, series] : series_) samples += series.samples;
  return samples;
}

uint64_t SeriesStatistics::label_pairs() const { return Pairs().size(); }

double SeriesStatistics::ChurnOf(const Series& series) const {
  // The last millisecond of a range is a part of it, but of no length.
  const double whole = static_cast<double>(span_ms_.end - 1 - span_ms_.begin);
  if (whole <= 0) return 0;
  return 1 - static_cast<double>(series.span_ms.end - 1 - series.span_ms.begin) / whole;
}

SeriesStatistics::Ranking<SeriesGroup> SeriesStatistics::Metrics(size_t top) const {
  absl::flat_hash_map<std::string, SeriesGroup> groups;
  for (const auto& [labels, series] : series_) {
    SeriesGroup& group = groups[std::string(labels.metric_name())];
    ++group.series;
    group.samples += series.samples;
    group.value_bytes += series.value_bytes;
    group.churn += ChurnOf(series);
  }
  return Greatest(groups, top, [](const SeriesGroup& group) { return group.series; });
}

absl::flat_hash_map<std::string, SeriesGroup> SeriesStatistics::Pairs() const {
  absl::flat_hash_map<std::string, SeriesGroup> groups;
  for (const auto& [labels, series] : series_) {
    const double churn = ChurnOf(series);
    for (const storage::LabelView& label : labels) {
      SeriesGroup& group = groups[StrCat(label.name, "=", label.value)];
      ++group.series;
      group.churn += churn;
    }
  }
  return groups;
}

SeriesStatistics::Ranking<SeriesGroup> SeriesStatistics::ChurningPairs(size_t top) const {
  auto groups = Pairs();
  for (auto group = groups.begin(); group != groups.end();) {
    const auto next = std::next(group);
    if (group->second.churn <= 0) groups.erase(group);
    group = next;
  }
  return Greatest(groups, top, [](const SeriesGroup& group) { return group.churn; });
}

SeriesStatistics::Ranking<LabelGroup> SeriesStatistics::Labels(size_t top) const {
  absl::flat_hash_map<std::string, LabelGroup> groups;
  absl::flat_hash_set<std::string> seen;
  for (const auto& [labels, series] : series_) {
    for (const storage::LabelView& label : labels) {
      LabelGroup& group = groups[std::string(label.name)];
      ++group.series;
      if (!seen.insert(StrCat(label.name, "=", label.value)).second) continue;
      ++group.values;
      group.text_bytes += label.value.size();
    }
  }
  return Greatest(groups, top, [](const LabelGroup& group) { return group.values; });
}

}  // namespace varve::tools
