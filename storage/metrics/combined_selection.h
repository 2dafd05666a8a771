// CombinedSelection: a selection of series that have floats, or native histograms, or both: one
// entry for each label set. No timestamp is in both columns: a float hides a histogram.
//
// Threads:  thread-safe.
// Owns:     the two selections it is made of.
// Errors:   theirs.
#ifndef STORAGE_METRICS_COMBINED_SELECTION_H_
#define STORAGE_METRICS_COMBINED_SELECTION_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "storage/metrics/histogram_selection.h"
#include "storage/querier.h"

namespace varve::storage {

class CombinedSelection : public MetricSelection {
 public:
  CombinedSelection(std::unique_ptr<MetricSelection> floats,
                    std::unique_ptr<HistogramSelection> histograms);

  size_t size() const override { return entries_.size(); }
  LabelSetView labels(size_t index) const override;
  absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) const override;
  std::unique_ptr<MetricReader> NewReader() const override;

 private:
  class Reader;
  static constexpr uint32_t kNone = UINT32_MAX;
  // Indexes in the two selections.
  struct Entry {
    uint32_t floats;
    uint32_t histograms;
  };

  absl::Status ReadWith(MetricReader* floats, size_t index, TimeRange range_ms,
                        SampleColumns* columns) const;

  std::unique_ptr<MetricSelection> floats_;
  std::unique_ptr<HistogramSelection> histograms_;
  std::vector<Entry> entries_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_COMBINED_SELECTION_H_
