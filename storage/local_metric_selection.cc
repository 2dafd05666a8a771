#include "storage/local_metric_selection.h"

#include <utility>

#include "storage/metrics/combined_selection.h"
#include "storage/metrics/histogram_selection.h"
#include "storage/start_timestamps.h"
#include "storage/status_macros.h"

namespace varve::storage {

absl::StatusOr<std::unique_ptr<MergedMetricSelection>> SelectFrom(
    const MetricStore& store, const PartSet& parts, const std::vector<Matcher>& matchers,
    TimeRange range_ms) {
  std::vector<HeadSeries> head = store.head().Select(matchers, range_ms);
  return MergedMetricSelection::Create(
      matchers, range_ms,
      VisibleParts<std::shared_ptr<MetricPart>>(parts.Snapshot()->Of(store.kind())),
      std::move(head));
}

absl::StatusOr<std::unique_ptr<MetricSelection>> LocalMetricSelection::Create(
    const SignalStores* stores, const PartSet* parts, const std::vector<Matcher>& matchers,
    TimeRange range_ms) {
  std::unique_ptr<LocalMetricSelection> selection(
      new LocalMetricSelection(stores, parts, matchers, range_ms));
  VARVE_ASSIGN_OR_RETURN(selection->samples_,
                         SelectFrom(stores->samples, *parts, matchers, range_ms));
  std::vector<HistogramHeadSeries> head = stores->histograms.head().Select(matchers, range_ms);
  VARVE_ASSIGN_OR_RETURN(
      std::unique_ptr<HistogramSelection> histograms,
      HistogramSelection::Create(matchers, range_ms,
                                 VisibleParts<std::shared_ptr<HistogramPart>>(
                                     parts->Snapshot()->Of(SignalKind::kHistograms)),
                                 std::move(head)));
  if (histograms->size() > 0) {
    selection->samples_ =
        std::make_unique<CombinedSelection>(std::move(selection->samples_), std::move(histograms));
  }
  return std::unique_ptr<MetricSelection>(std::move(selection));
}

absl::StatusOr<const MergedMetricSelection*> LocalMetricSelection::Starts() const {
  MutexLock lock(&mutex_);
  if (starts_ == nullptr) {
    VARVE_ASSIGN_OR_RETURN(starts_,
                           SelectFrom(stores_->start_timestamps, *parts_, matchers_, range_ms_));
  }
  return starts_.get();
}

absl::Status LocalMetricSelection::ReadStartTimestamps(size_t index, TimeRange range_ms,
                                                       SampleColumns* columns) const {
  VARVE_ASSIGN_OR_RETURN(const MergedMetricSelection* starts, Starts());
  SampleColumns found;
  if (const auto at = starts->Find(labels(index)); at.has_value()) {
    VARVE_RETURN_IF_ERROR(starts->Read(*at, range_ms, &found));
  }
  FillStartTimestamps(found, columns);
  return absl::OkStatus();
}

}  // namespace varve::storage
