#include "storage/metrics/histogram_selection.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Brings columns, joined source by source, into time order; the first of equal timestamps stays.
void MergeByTime(std::vector<int64_t>* timestamps_ms, std::vector<HistogramPtr>* histograms) {
  const auto not_after = [](int64_t a, int64_t b) { return a >= b; };
  if (std::adjacent_find(timestamps_ms->begin(), timestamps_ms->end(), not_after) ==
      timestamps_ms->end()) {
    return;
  }
  std::vector<uint32_t> order(timestamps_ms->size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return (*timestamps_ms)[a] < (*timestamps_ms)[b];
  });
  std::vector<int64_t> merged_ms;
  std::vector<HistogramPtr> merged;
  for (const uint32_t i : order) {
    if (!merged_ms.empty() && merged_ms.back() == (*timestamps_ms)[i]) continue;
    merged_ms.push_back((*timestamps_ms)[i]);
    merged.push_back(std::move((*histograms)[i]));
  }
  *timestamps_ms = std::move(merged_ms);
  *histograms = std::move(merged);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HistogramSelection>> HistogramSelection::Create(
    const std::vector<Matcher>& matchers, TimeRange range_ms,
    std::vector<VisibleHistogramPart> parts, std::vector<HistogramHeadSeries> head) {
  std::unique_ptr<HistogramSelection> selection(new HistogramSelection());
  selection->parts_ = std::move(parts);
  selection->head_ = std::move(head);
  std::vector<VisibleSeriesPart> series_parts;
  for (uint32_t i = 0; i < selection->parts_.size(); ++i) {
    series_parts.push_back(selection->SeriesOf(i));
  }
  std::vector<LabelSet> head_labels;
  for (HistogramHeadSeries& series : selection->head_) {
    head_labels.push_back(std::move(series.labels));
  }
  VARVE_ASSIGN_OR_RETURN(selection->series_, MergedSeries::Create(matchers, range_ms, series_parts,
                                                                  std::move(head_labels)));
  return selection;
}

absl::Status HistogramSelection::Read(size_t index, TimeRange range_ms,
                                      std::vector<int64_t>* timestamps_ms,
                                      std::vector<HistogramPtr>* histograms) const {
  timestamps_ms->clear();
  histograms->clear();
  const auto append = [&](const std::vector<int64_t>& some_ms, std::vector<HistogramPtr> some) {
    timestamps_ms->insert(timestamps_ms->end(), some_ms.begin(), some_ms.end());
    histograms->insert(histograms->end(), std::make_move_iterator(some.begin()),
                       std::make_move_iterator(some.end()));
  };
  for (const MergedSeries::Source& source : series_.sources(index)) {
    std::vector<HistogramPtr> some;
    if (source.part == MergedSeries::kHead) {
      std::vector<int64_t> some_ms;
      VARVE_RETURN_IF_ERROR(
          DecodeHistogramChunks(head_[source.id].chunks, range_ms, &some_ms, &some));
      append(some_ms, std::move(some));
      continue;
    }
    VARVE_ASSIGN_OR_RETURN(const std::vector<TimeRange> visible_ms,
                           VisibleRangesOf(SeriesOf(source.part), source.id, range_ms));
    for (const TimeRange& visible : visible_ms) {
      TimestampColumn some_ms;
      VARVE_RETURN_IF_ERROR(parts_[source.part].reader->Read(source.id, visible, &some_ms, &some));
      append(*some_ms, std::move(some));
    }
  }
  MergeByTime(timestamps_ms, histograms);
  return absl::OkStatus();
}

}  // namespace varve::storage
