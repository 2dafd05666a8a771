// HistogramHeadChunk: a sealed run of histograms of one series in the head, as a stream.
//
// Threads:  immutable.
// Owns:     its bytes.
#ifndef STORAGE_METRICS_HISTOGRAM_HEAD_CHUNK_H_
#define STORAGE_METRICS_HISTOGRAM_HEAD_CHUNK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/histogram.h"
#include "storage/model/time_range.h"

namespace varve::storage {

struct HistogramHeadChunk {
  std::vector<int64_t> timestamps_ms;  // strictly increasing, not empty
  std::string bytes;                   // HistogramStreamEncoder's

  uint64_t sample_count() const { return timestamps_ms.size(); }
  TimeRange SpanMs() const {
    return TimeRange::Inclusive(timestamps_ms.front(), timestamps_ms.back());
  }
};
using HistogramHeadChunkPtr = std::shared_ptr<const HistogramHeadChunk>;

// Replaces the columns by the histograms of `chunks` that lie in `range_ms`, in time order, each
// timestamp once. Where chunks disagree about a timestamp the earlier chunk of the list wins.
absl::Status DecodeHistogramChunks(const std::vector<HistogramHeadChunkPtr>& chunks,
                                   TimeRange range_ms, std::vector<int64_t>* timestamps_ms,
                                   std::vector<HistogramPtr>* histograms);

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HISTOGRAM_HEAD_CHUNK_H_
