// DecodeChunk: the samples of one chunk of a Prometheus block.
//
// Threads:  a function without state.
// Errors:   DATA_LOSS for bytes that are no such chunk; UNIMPLEMENTED for an encoding of a newer
//           Prometheus.
// Source:   Prometheus, "Chunks Disk Format".
#ifndef TOOLS_PROMETHEUS_BLOCK_CHUNK_DECODER_H_
#define TOOLS_PROMETHEUS_BLOCK_CHUNK_DECODER_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "tools/transfer/sample_source.h"

namespace varve::tools {

inline constexpr uint8_t kXorChunk = 1;
inline constexpr uint8_t kHistogramChunk = 2;
inline constexpr uint8_t kFloatHistogramChunk = 3;

// Appends the samples of `data`, a chunk without its length and checksum, to *samples.
absl::Status DecodeChunk(uint8_t encoding, std::string_view data, SeriesSamples* samples);

// The two kinds with histograms (histogram_chunk_decoder.cc).
absl::Status DecodeHistogramChunk(bool is_float, std::string_view data, SeriesSamples* samples);

absl::Status ChunkDamagedError(std::string_view found);

}  // namespace varve::tools

#endif  // TOOLS_PROMETHEUS_BLOCK_CHUNK_DECODER_H_
