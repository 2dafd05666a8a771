// Columns of timestamps, in milliseconds or nanoseconds, in any order and with equal neighbours.
//
// A scrape every 15 s without jitter is a handful of bytes however long it runs; jitter costs the
// bits it spreads over; gaps and late samples become exceptions.
//
// Threads:  free functions; scratch memory is per thread.
// Owns:     nothing.
// Errors:   DATA_LOSS when the bytes are damaged or too few.
// Format:   storage/docs/encoding_format.md, section 7
#ifndef STORAGE_ENCODING_TIMESTAMP_CODEC_H_
#define STORAGE_ENCODING_TIMESTAMP_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace varve::storage {

// Appends the column. The count is not written: the reader has to know it.
void EncodeTimestamps(std::span<const int64_t> timestamps, std::string* out);

// Takes one column of `count` timestamps off the front of *in; replaces *timestamps.
absl::Status DecodeTimestamps(std::string_view* in, size_t count, std::vector<int64_t>* timestamps);
// The same into an array with room for them.
absl::Status DecodeTimestamps(std::string_view* in, size_t count, int64_t* timestamps);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_TIMESTAMP_CODEC_H_
