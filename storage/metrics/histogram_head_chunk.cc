#include "storage/metrics/histogram_head_chunk.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "storage/encoding/histogram_stream.h"

namespace varve::storage {
namespace {

// Brings columns into time order; the first of equal timestamps stays.
void SortByTime(std::vector<int64_t>* timestamps_ms, std::vector<HistogramPtr>* histograms) {
  std::vector<uint32_t> order(timestamps_ms->size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return (*timestamps_ms)[a] < (*timestamps_ms)[b];
  });
  std::vector<int64_t> sorted_timestamps_ms;
  std::vector<HistogramPtr> sorted_histograms;
  for (const uint32_t i : order) {
    const int64_t timestamp_ms = (*timestamps_ms)[i];
    if (!sorted_timestamps_ms.empty() && sorted_timestamps_ms.back() == timestamp_ms) continue;
    sorted_timestamps_ms.push_back(timestamp_ms);
    sorted_histograms.push_back(std::move((*histograms)[i]));
  }
  *timestamps_ms = std::move(sorted_timestamps_ms);
  *histograms = std::move(sorted_histograms);
}

}  // namespace

absl::Status DecodeHistogramChunks(const std::vector<HistogramHeadChunkPtr>& chunks,
                                   TimeRange range_ms, std::vector<int64_t>* timestamps_ms,
                                   std::vector<HistogramPtr>* histograms) {
  timestamps_ms->clear();
  histograms->clear();
  // A range that ends at the end of time includes it: a flush must not lose that instant.
  const bool is_open = range_ms.end == std::numeric_limits<int64_t>::max();
  bool ordered = true;
  for (const HistogramHeadChunkPtr& chunk : chunks) {
    if (!is_open && !range_ms.Overlaps(chunk->SpanMs())) continue;
    HistogramStreamDecoder decoder(chunk->bytes);
    for (const int64_t timestamp_ms : chunk->timestamps_ms) {
      if (!decoder.Next()) return absl::DataLossError("cannot read head chunk: damaged histogram");
      const bool wanted =
          timestamp_ms >= range_ms.begin && (is_open || timestamp_ms < range_ms.end);
      if (!wanted) continue;
      ordered = ordered && (timestamps_ms->empty() || timestamps_ms->back() < timestamp_ms);
      timestamps_ms->push_back(timestamp_ms);
      histograms->push_back(std::make_shared<const Histogram>(decoder.histogram()));
    }
  }
  if (!ordered) SortByTime(timestamps_ms, histograms);
  return absl::OkStatus();
}

}  // namespace varve::storage
