// HistogramSelection: the series of a database that have native histograms: the histogram head and
// the histogram parts as one. Where sources overlap, histograms merge by time, and of one timestamp
// the earliest source wins.
//
// Threads:  thread-safe.
// Owns:     its labels, the head's chunks and references to the parts.
// Errors:   those of HistogramPart.
#ifndef STORAGE_METRICS_HISTOGRAM_SELECTION_H_
#define STORAGE_METRICS_HISTOGRAM_SELECTION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/metrics/histogram_head.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/merged_series.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"
#include "storage/model/matcher.h"
#include "storage/model/time_range.h"

namespace varve::storage {

using VisibleHistogramPart = VisiblePart<std::shared_ptr<HistogramPart>>;

class HistogramSelection {
 public:
  // `parts` in the order of age, what was written first in front; `head` sorted by labels.
  static absl::StatusOr<std::unique_ptr<HistogramSelection>> Create(
      const std::vector<Matcher>& matchers, TimeRange range_ms,
      std::vector<VisibleHistogramPart> parts, std::vector<HistogramHeadSeries> head);

  size_t size() const { return series_.size(); }
  LabelSetView labels(size_t index) const { return series_.labels(index); }
  // Replaces both columns by the histograms of series `index` in `range_ms`, in time order.
  absl::Status Read(size_t index, TimeRange range_ms, std::vector<int64_t>* timestamps_ms,
                    std::vector<HistogramPtr>* histograms) const;

 private:
  HistogramSelection() = default;

  VisibleSeriesPart SeriesOf(uint32_t part) const {
    return {&parts_[part].reader->series(), parts_[part].deletions};
  }

  std::vector<VisibleHistogramPart> parts_;
  std::vector<HistogramHeadSeries> head_;
  MergedSeries series_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HISTOGRAM_SELECTION_H_
