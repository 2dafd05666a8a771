#include "storage/local_querier.h"

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "storage/local_metric_selection.h"
#include "storage/logs/log_selection.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/metric_part.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

std::vector<LogPartPtr> LogParts(const PartSnapshot& snapshot) {
  return ReadersOf<LogPartPtr>(snapshot.Of(SignalKind::kLogs));
}

std::vector<std::shared_ptr<MetricPart>> MetricParts(const PartSnapshot& snapshot) {
  return ReadersOf<std::shared_ptr<MetricPart>>(snapshot.Of(SignalKind::kMetrics));
}

std::vector<std::shared_ptr<HistogramPart>> HistogramParts(const PartSnapshot& snapshot) {
  return ReadersOf<std::shared_ptr<HistogramPart>>(snapshot.Of(SignalKind::kHistograms));
}

// The indexes of series of the parts that overlap a range, whatever their samples are.
absl::StatusOr<std::vector<const SeriesIndex*>> SeriesIndexes(const PartSnapshot& snapshot,
                                                              TimeRange range_ms) {
  std::vector<const SeriesIndex*> indexes;
  const auto add = [&](const MetricPart& part) -> absl::Status {
    if (!part.range_ms().Overlaps(range_ms)) return absl::OkStatus();
    VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part.Index());
    indexes.push_back(index);
    return absl::OkStatus();
  };
  for (const auto& part : MetricParts(snapshot)) VARVE_RETURN_IF_ERROR(add(*part));
  for (const auto& part : HistogramParts(snapshot)) VARVE_RETURN_IF_ERROR(add(part->series()));
  return indexes;
}

void Insert(const std::vector<std::string>& strings, std::set<std::string>* set) {
  set->insert(strings.begin(), strings.end());
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricSelection>> LocalQuerier::SelectMetrics(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  return LocalMetricSelection::Create(stores_, parts_, matchers, range_ms);
}

absl::StatusOr<std::unique_ptr<LogSelection>> LocalQuerier::SelectLogs(
    const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  std::vector<LogStreamSnapshot> head = stores_->entries.head().Snapshot(matchers, range_ns);
  return MakeLogSelection(LogParts(*parts_->Snapshot()), std::move(head), matchers, range_ns);
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::MetricLabelNames(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  std::set<std::string> names;
  stores_->samples.head().AddLabelNames(matchers, range_ms, &names);
  stores_->histograms.head().AddLabelNames(matchers, range_ms, &names);
  const std::shared_ptr<const PartSnapshot> snapshot = parts_->Snapshot();
  VARVE_ASSIGN_OR_RETURN(const std::vector<const SeriesIndex*> indexes,
                         SeriesIndexes(*snapshot, range_ms));
  for (const SeriesIndex* index : indexes) {
    if (matchers.empty()) {
      VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> all, index->LabelNames());
      Insert(all, &names);
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const IdList ids, index->Match(matchers));
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> some, index->LabelNames(ids));
    Insert(some, &names);
  }
  return std::vector<std::string>(names.begin(), names.end());
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::MetricLabelValues(
    std::string_view name, const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  std::set<std::string> values;
  stores_->samples.head().AddLabelValues(name, matchers, range_ms, &values);
  stores_->histograms.head().AddLabelValues(name, matchers, range_ms, &values);
  const std::shared_ptr<const PartSnapshot> snapshot = parts_->Snapshot();
  VARVE_ASSIGN_OR_RETURN(const std::vector<const SeriesIndex*> indexes,
                         SeriesIndexes(*snapshot, range_ms));
  for (const SeriesIndex* index : indexes) {
    if (matchers.empty()) {
      VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> all, index->LabelValues(name));
      Insert(all, &values);
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const IdList ids, index->Match(matchers));
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> some, index->LabelValues(name, ids));
    Insert(some, &values);
  }
  return std::vector<std::string>(values.begin(), values.end());
}

absl::StatusOr<std::vector<std::string>> LocalQuerier::LogLabelNames(
    const std::vector<Matcher>& matchers, TimeRange range_ns) const {
  std::set<std::string> names;
  for (const LogStreamSnapshot& stream : stores_->entries.head().Snapshot(matchers, range_ns)) {
    for (const LabelView& label : *stream.labels) names.emplace(label.name);
  }
  for (const auto& part : LogParts(*parts_->Snapshot())) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, part->Match(matchers, range_ns));
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> some, part->index().LabelNames(ids));
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
  for (const auto& part : LogParts(*parts_->Snapshot())) {
    VARVE_ASSIGN_OR_RETURN(const IdList ids, part->Match(matchers, range_ns));
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> some,
                           part->index().LabelValues(name, ids));
    Insert(some, &values);
  }
  return std::vector<std::string>(values.begin(), values.end());
}

absl::StatusOr<LogVolume> LocalQuerier::Volume(const std::vector<Matcher>& matchers,
                                               TimeRange range_ns) const {
  const std::vector<LogStreamSnapshot> head = stores_->entries.head().Snapshot(matchers, range_ns);
  return SumLogVolume(LogParts(*parts_->Snapshot()), head, matchers, range_ns);
}

absl::StatusOr<std::vector<SeriesExemplars>> LocalQuerier::SelectExemplars(
    const std::vector<Matcher>& matchers, TimeRange range_ms) const {
  const TimeRange range_ns = NanosecondsOf(range_ms);
  std::vector<LogStreamSnapshot> head = stores_->exemplars.head().Snapshot(matchers, range_ns);
  const std::vector<LogPartPtr> parts =
      ReadersOf<LogPartPtr>(parts_->Snapshot()->Of(SignalKind::kExemplars));
  VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<LogSelection> selection,
                         MakeLogSelection(parts, std::move(head), matchers, range_ns));
  return ReadExemplars(*selection, range_ns);
}

}  // namespace varve::storage
