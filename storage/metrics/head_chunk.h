// HeadChunk: a sealed run of samples of one series in the head, as a Gorilla bit stream.
//
// Threads:  immutable.
// Owns:     its bytes.
#ifndef STORAGE_METRICS_HEAD_CHUNK_H_
#define STORAGE_METRICS_HEAD_CHUNK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/sample.h"
#include "storage/model/time_range.h"

namespace varve::storage {

struct HeadChunk {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;
  uint32_t count = 0;
  std::string bytes;  // GorillaEncoder's

  uint64_t sample_count() const { return count; }
  TimeRange SpanMs() const { return TimeRange::Inclusive(min_time_ms, max_time_ms); }

  // Appends all samples to the two columns.
  absl::Status Decode(std::vector<int64_t>* timestamps_ms, std::vector<double>* values) const;
};
using HeadChunkPtr = std::shared_ptr<const HeadChunk>;

// Appends to the columns the samples of `chunks` that lie in `range_ms`, in time order, each
// timestamp once. Where chunks disagree about a timestamp the earlier chunk of the list wins.
// The columns must be empty or end before the first of the samples.
absl::Status DecodeChunks(const std::vector<HeadChunkPtr>& chunks, TimeRange range_ms,
                          std::vector<int64_t>* timestamps_ms, std::vector<double>* values);

}  // namespace varve::storage

#endif  // STORAGE_METRICS_HEAD_CHUNK_H_
