#include "storage/local_querier.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "storage/local_metric_selection.h"
#include "storage/logs/log_selection.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/metric_part.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

std::vector<VisibleLogPart> LogParts(const PartSnapshot& snapshot, SignalKind kind) {
  return VisibleParts<LogPartPtr>(snapshot.Of(kind));
}

// The series of all parts that overlap a range, whatever their samples are. The snapshot outlives
// them.
std::vector<VisibleSeriesPart> SeriesParts(const PartSnapshot& snapshot, TimeRange range_ms) {
  std::vector<VisibleSeriesPart> parts;
  const auto add = [&](const MetricPart& part, const PartDeletionsPtr& deletions) {
    if (part.range_ms().Overlaps(range_ms)) parts.emplace_back(&part, deletions);
  };
  for (const StoredPartPtr& part : snapshot.Of(SignalKind::kMetrics)) {
    add(*std::get<std::shared_ptr<MetricPart>>(part->reader), part->deletions);
  }
  for (const StoredPartPtr& part : snapshot.Of(SignalKind::kHistograms)) {
    add(std::get<std::shared_ptr<HistogramPart>>(part->reader)->series(), part->deletions);
  }
  return parts;
}

void Insert(const std::vector<std::string>& strings, std::set<std::string>* set) {
  set->insert(strings.begin(), strings.end());
}

// Adds the lists of several sources up to one that is sorted and has each text once. The names and
// values of one source are often all there are, and in order.
class SortedTexts {
 public:
  // `texts` sorted, each once.
  void Add(std::vector<std::string> texts) {
    if (texts.empty()) return;
    if (all_.empty()) {
      all_ = std::move(texts);
      return;
    }
    if (all_ == texts) return;
    std::vector<std::string> merged;
    merged.reserve(std::max(all_.size(), texts.size()));
    std::set_union(std::make_move_iterator(all_.begin()), std::make_move_iterator(all_.end()),
                   std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()),
                   std::back_inserter(merged));
    all_ = std::move(merged);
  }
  void AddUnsorted(std::vector<std::string> texts) {
    std::sort(texts.begin(), texts.end());
    Add(std::move(texts));
  }
  std::vector<std::string> Take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<MetricSelection>> LocalQuerier::SelectMetrics(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  return LocalMetricSelection::Create(stores_, parts_, matchers, range_ms);
}

absl::StatusOr<std::unique_ptr<LogSelection>> LocalQuerier::SelectLogs(
    const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  std::vector<LogStreamSnapshot> head = stores_->entries.head().Snapshot(matchers, range_ns);
  return MakeLogSelection(LogParts(*parts_->Snapshot(), SignalKind::kLogs), std::move(head),
                          matchers, range_ns);
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::MetricLabelNames(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  SortedTexts names;
  std::vector<std::string> of_samples;
  stores_->samples.head().AddLabelNames(matchers, range_ms, &of_samples);
  names.AddUnsorted(std::move(of_samples));
  std::vector<std::string> of_histograms;
  stores_->histograms.head().AddLabelNames(matchers, range_ms, &of_histograms);
  names.AddUnsorted(std::move(of_histograms));
  const std::shared_ptr<const PartSnapshot> snapshot = parts_->Snapshot();
  for (const VisibleSeriesPart& part : SeriesParts(*snapshot, range_ms)) {
    VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.reader->Index());
    if (part.deletions == nullptr) {
      VARVE_ASSIGN_OR_RETURN(std::vector<std::string> all, index->LabelNames(matchers));
      names.Add(std::move(all));
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const IdList ids, MatchVisible(part, matchers, range_ms));
    VARVE_ASSIGN_OR_RETURN(std::vector<std::string> some, index->LabelNames(ids));
    names.Add(std::move(some));
  }
  return names.Take();
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::MetricLabelValues(
    std::string_view name, const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  SortedTexts values;
  std::vector<std::string> of_samples;
  stores_->samples.head().AddLabelValues(name, matchers, range_ms, &of_samples);
  values.AddUnsorted(std::move(of_samples));
  std::vector<std::string> of_histograms;
  stores_->histograms.head().AddLabelValues(name, matchers, range_ms, &of_histograms);
  values.AddUnsorted(std::move(of_histograms));
  const std::shared_ptr<const PartSnapshot> snapshot = parts_->Snapshot();
  for (const VisibleSeriesPart& part : SeriesParts(*snapshot, range_ms)) {
    VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.reader->Index());
    if (part.deletions == nullptr) {
      VARVE_ASSIGN_OR_RETURN(std::vector<std::string> all, index->LabelValues(name, matchers));
      values.Add(std::move(all));
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const IdList ids, MatchVisible(part, matchers, range_ms));
    VARVE_ASSIGN_OR_RETURN(std::vector<std::string> some, index->LabelValues(name, ids));
    values.Add(std::move(some));
  }
  return values.Take();
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::LogLabelNames(
    const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  std::set<std::string> names;
  for (const LogStreamSnapshot& stream : stores_->entries.head().Snapshot(matchers, range_ns)) {
    for (const LabelView& label : *stream.labels) names.emplace(label.name);
  }
  for (const auto& part : LogParts(*parts_->Snapshot(), SignalKind::kLogs)) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, MatchVisible(part, matchers, range_ns));
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> some,
                           part.reader->index().LabelNames(ids));
    Insert(some, &names);
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::LogLabelValues(
    std::string_view name, const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  std::set<std::string> values;
  for (const LogStreamSnapshot& stream : stores_->entries.head().Snapshot(matchers, range_ns)) {
    if (const std::string_view value = stream.labels->Get(name); !value.empty()) {
      values.emplace(value);
    }
  }
  for (const auto& part : LogParts(*parts_->Snapshot(), SignalKind::kLogs)) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, MatchVisible(part, matchers, range_ns));
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> some,
                           part.reader->index().LabelValues(name, ids));
    Insert(some, &values);
  }
  return std::vector<std::string>(values.begin(), values.end());
}

absl::StatusOr<LogVolume> LocalQuerier::Volume(const std::vector<Matcher>& matchers,
                                               TimeRange range_ns) const {
  const std::vector<LogStreamSnapshot> head = stores_->entries.head().Snapshot(matchers, range_ns);
  return SumLogVolume(LogParts(*parts_->Snapshot(), SignalKind::kLogs), head, matchers, range_ns);
}

absl::StatusOr<std::vector<StreamVolume>> LocalQuerier::VolumeOfStreams(
    const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  const std::vector<LogStreamSnapshot> head = stores_->entries.head().Snapshot(matchers, range_ns);
  return SumStreamVolumes(LogParts(*parts_->Snapshot(), SignalKind::kLogs), head, matchers,
                          range_ns);
}

absl::StatusOr<std::vector<SeriesExemplars>> LocalQuerier::SelectExemplars(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  const TimeRange range_ns = NanosecondsOf(range_ms);
  std::vector<LogStreamSnapshot> head = stores_->exemplars.head().Snapshot(matchers, range_ns);
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogSelection> selection,
                         MakeLogSelection(LogParts(*parts_->Snapshot(), SignalKind::kExemplars),
                                          std::move(head), matchers, range_ns));
  return ReadExemplars(*selection, range_ns);
}

absl::StatusOr<Cardinality> LocalQuerier::MetricCardinality(TimeRange range_ms,
                                                            size_t limit) const {
  CardinalityCounter counter;
  absl::flat_hash_set<uint64_t> seen;  // a series may be in several places
  const auto add = [&](LabelSetView labels) {
    if (seen.insert(labels.Hash()).second) counter.Add(labels);
  };
  std::vector<LabelSet> head;
  stores_->samples.head().AddSeriesLabels(range_ms, &head);
  stores_->histograms.head().AddSeriesLabels(range_ms, &head);
  const std::shared_ptr<const PartSnapshot> snapshot = parts_->Snapshot();
  for (const VisibleSeriesPart& part : SeriesParts(*snapshot, range_ms)) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, MatchVisible(part, {}, range_ms));
    VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.reader->Index());
    SeriesCursor cursor(index);
    for (const uint32_t id : ids) {
      LabelSetBuilder labels;
      VARVE_RETURN_IF_ERROR(cursor.Seek(id));
      VARVE_RETURN_IF_ERROR(cursor.AppendLabels(&labels));
      add(labels.Build());
    }
  }
  for (const LabelSet& labels : head) add(labels);
  return counter.Count(limit);
}

}  // namespace varve::storage
