#include "storage/metrics/combined_selection.h"

#include <algorithm>
#include <utility>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Removes the histograms whose timestamps are among those of the floats.
void HideByFloats(SampleColumns* columns) {
  const std::vector<int64_t>& floats_ms = *columns->timestamps_ms;
  std::vector<int64_t>& histograms_ms = columns->histogram_timestamps_ms;
  if (floats_ms.empty() || histograms_ms.empty() || floats_ms.back() < histograms_ms.front() ||
      histograms_ms.back() < floats_ms.front()) {
    return;
  }
  size_t kept = 0;
  auto from = floats_ms.begin();
  for (size_t i = 0; i < histograms_ms.size(); ++i) {
    from = std::lower_bound(from, floats_ms.end(), histograms_ms[i]);
    if (from != floats_ms.end() && *from == histograms_ms[i]) continue;
    if (kept != i) {
      histograms_ms[kept] = histograms_ms[i];
      columns->histograms[kept] = std::move(columns->histograms[i]);
    }
    ++kept;
  }
  histograms_ms.resize(kept);
  columns->histograms.resize(kept);
}

}  // namespace

CombinedSelection::CombinedSelection(std::unique_ptr<MetricSelection> floats,
                                     std::unique_ptr<HistogramSelection> histograms)
    : floats_(std::move(floats)), histograms_(std::move(histograms)) {
  uint32_t i = 0;
  uint32_t j = 0;
  while (i < floats_->size() || j < histograms_->size()) {
    int order = 0;
    if (i == floats_->size()) {
      order = 1;
    } else if (j == histograms_->size()) {
      order = -1;
    } else {
      order = floats_->labels(i).Compare(histograms_->labels(j));
    }
    entries_.push_back({order <= 0 ? i++ : kNone, order >= 0 ? j++ : kNone});
  }
}

LabelSetView CombinedSelection::labels(size_t index) const {
  const Entry& entry = entries_[index];
  return entry.floats != kNone ? floats_->labels(entry.floats)
                               : histograms_->labels(entry.histograms);
}

class CombinedSelection::Reader : public MetricReader {
 public:
  explicit Reader(const CombinedSelection* selection)
      : selection_(selection), floats_(selection->floats_->NewReader()) {}
  absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) override {
    return selection_->ReadWith(floats_.get(), index, range_ms, columns);
  }

 private:
  const CombinedSelection* selection_;
  std::unique_ptr<MetricReader> floats_;
};

std::unique_ptr<MetricReader> CombinedSelection::NewReader() const {
  return std::make_unique<Reader>(this);
}

absl::Status CombinedSelection::Read(size_t index, TimeRange range_ms,
                                     SampleColumns* columns) const {
  PlainMetricReader floats(floats_.get());
  return ReadWith(&floats, index, range_ms, columns);
}

absl::Status CombinedSelection::ReadWith(MetricReader* floats, size_t index, TimeRange range_ms,
                                         SampleColumns* columns) const {
  const Entry& entry = entries_[index];
  if (entry.floats != kNone) {
    VARVE_RETURN_IF_ERROR(floats->Read(entry.floats, range_ms, columns));
  } else {
    static const TimestampColumn kEmpty = std::make_shared<const std::vector<int64_t>>();
    columns->timestamps_ms = kEmpty;
    columns->values.clear();
  }
  columns->histogram_timestamps_ms.clear();
  columns->histograms.clear();
  if (entry.histograms == kNone) return absl::OkStatus();
  VARVE_RETURN_IF_ERROR(histograms_->Read(entry.histograms, range_ms,
                                          &columns->histogram_timestamps_ms, &columns->histograms));
  HideByFloats(columns);
  return absl::OkStatus();
}

}  // namespace varve::storage
