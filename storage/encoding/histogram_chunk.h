// Chunks of histograms of one series, in columns: each bucket's counts are a column of their own,
// which the value codec makes as small as those of any other counter.
//
// Layouts are stored once. A bucket is known by its index, not by its place in a histogram, so that
// a new bucket begins a column and leaves the others whole. Where all counts are integers, the
// count is stored as what it has more than the buckets: nothing, but for observations of NaN.
//
// EncodeHistograms reads its own output before it returns it; what would not come back to the bit
// is written as a stream (histogram_stream.h).
//
// Threads:  free functions.
// Owns:     nothing.
// Errors:   DATA_LOSS when a chunk is damaged.
// Format:   storage/docs/encoding_format.md, section 11
#ifndef STORAGE_ENCODING_HISTOGRAM_CHUNK_H_
#define STORAGE_ENCODING_HISTOGRAM_CHUNK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "storage/model/histogram.h"

namespace varve::storage {

// A chunk is decoded as a whole: this many scrapes of 40 buckets take a few hundred kilobytes.
inline constexpr uint32_t kHistogramChunkCountMax = 1024;

// The first byte of a chunk. Numbers are never reused.
enum class HistogramCodec : uint8_t { kColumns = 0, kStream = 1 };
inline constexpr size_t kHistogramCodecCount = 2;

// Appends one chunk of 1 to kHistogramChunkCountMax histograms that ValidateHistogram accepts.
HistogramCodec EncodeHistograms(std::span<const HistogramPtr> histograms, std::string* out);

// `bytes` is exactly one chunk of `count` histograms. Appends those at [begin, end).
absl::Status DecodeHistograms(std::string_view bytes, size_t count, size_t begin, size_t end,
                              std::vector<HistogramPtr>* out);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_HISTOGRAM_CHUNK_H_
