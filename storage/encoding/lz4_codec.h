// LZ4 blocks without a frame: the caller keeps the raw size.
//
// Threads:  free functions; each thread keeps one compression state of its own.
// Owns:     nothing.
// Errors:   DATA_LOSS when a block is damaged or does not decompress to exactly `raw_bytes`.
// Format:   LZ4 block format, no dictionary
#ifndef STORAGE_ENCODING_LZ4_CODEC_H_
#define STORAGE_ENCODING_LZ4_CODEC_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace varve::storage {

// What one block may hold; more is cut by the caller (log blocks are 1 MiB).
inline constexpr size_t kLz4RawBytesMax = 256u << 20;

// Append the compressed block to *out and return its size. `raw` is at most kLz4RawBytesMax.
size_t Lz4Compress(std::string_view raw, std::string* out);      // fast: about 0.8 GB/s
size_t Lz4CompressHigh(std::string_view raw, std::string* out);  // level 6: about 60 to 200 MB/s, smaller

// Replaces *out by the `raw_bytes` bytes of the block.
absl::Status Lz4Decompress(std::string_view block, size_t raw_bytes, std::string* out);
// The same into a buffer with room for `raw_bytes`.
absl::Status Lz4Decompress(std::string_view block, size_t raw_bytes, char* out);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_LZ4_CODEC_H_
