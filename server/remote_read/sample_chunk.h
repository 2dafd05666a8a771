// SampleChunk: some samples of one series in one of Prometheus's chunk encodings, as remote read
// streams them.
//
// Threads:  values, and functions without state.
// Source:   Prometheus, "Chunks Disk Format"; prompb types.proto.
#ifndef SERVER_REMOTE_READ_SAMPLE_CHUNK_H_
#define SERVER_REMOTE_READ_SAMPLE_CHUNK_H_

#include <cstdint>
#include <span>
#include <string>

#include "storage/querier.h"

namespace varve::server {

// The numbers of prometheus.Chunk.Encoding.
enum class ChunkEncoding : uint8_t { kXor = 1, kHistogram = 2, kFloatHistogram = 3 };

inline constexpr size_t kChunkSamplesMax = 120;

struct SampleChunk {
  int64_t min_time_ms = 0;
  int64_t max_time_ms = 0;  // included
  ChunkEncoding encoding = ChunkEncoding::kXor;
  std::string data;
};

// Floats. REQUIRES: as many values as timestamps, 1 to kChunkSamplesMax, in the order of time.
SampleChunk EncodeXorChunk(std::span<const int64_t> timestamps_ms, std::span<const double> values);

// How many of the histograms, of which there is at least one, fit one chunk from the first on: of
// one kind, with the same buckets, and without a counter reset between them; a stale one is alone.
size_t HistogramRun(std::span<const storage::HistogramPtr> histograms);
// REQUIRES: all of the histograms are one run.
SampleChunk EncodeHistogramChunk(std::span<const int64_t> timestamps_ms,
                                 std::span<const storage::HistogramPtr> histograms);

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_SAMPLE_CHUNK_H_
