// Columns of 64-bit integers: the cheapest of constant, linear, frame of reference, delta, delta of
// delta and (for timestamps) distance from a straight line, each with exceptions and divided by
// the greatest common divisor of the steps.
//
// Threads:  free functions; scratch memory is per thread.
// Owns:     nothing.
// Errors:   DATA_LOSS when the bytes are damaged or too few.
// Format:   storage/docs/encoding_format.md, section 6
#ifndef STORAGE_ENCODING_INTEGER_CODEC_H_
#define STORAGE_ENCODING_INTEGER_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace varve::storage {

// How one frame of a column is written. Numbers are never reused.
enum class IntegerMode : uint8_t {
  kConstant = 0,
  kLinear = 1,
  kFrame = 2,
  kDelta = 3,
  kDeltaOfDelta = 4,
  kTrend = 5,
};

// Longer columns are cut, so that each frame's width fits its neighbourhood and stays in the cache.
inline constexpr size_t kIntegerFrameCountMax = 4096;

// Appends the column. The count is not written: the reader has to know it.
void EncodeIntegers(std::span<const int64_t> values, std::string* out);

// Takes one column of `count` values off the front of *in.
absl::Status DecodeIntegers(std::string_view* in, size_t count, int64_t* out);
absl::Status DecodeIntegers(std::string_view* in, size_t count, std::vector<int64_t>* out);
// The same where only out[begin] to out[end - 1] are wanted: what the others are, nobody knows.
absl::Status DecodeIntegerRange(std::string_view* in, size_t count, size_t begin, size_t end,
                                int64_t* out);

// The mode of the first frame; kConstant for an empty column.
IntegerMode PeekIntegerMode(std::string_view bytes);

// EncodeIntegers that also tries kTrend, which suits columns that jitter around a fixed grid.
void EncodeIntegersWithTrend(std::span<const int64_t> values, std::string* out);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_INTEGER_CODEC_H_
