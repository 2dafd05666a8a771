// Bucket layouts of native histograms as bytes: everything of a histogram but its counts, its sum
// and its reset hint. Shared by the two encodings of histograms.
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   a damaged layout returns false.
// Format:   storage/docs/encoding_format.md, section 9
#ifndef STORAGE_ENCODING_HISTOGRAM_LAYOUT_H_
#define STORAGE_ENCODING_HISTOGRAM_LAYOUT_H_

#include <cstdint>
#include <string>

#include "storage/encoding/byte_reader.h"
#include "storage/model/histogram.h"

namespace varve::storage {

void AppendHistogramLayout(const Histogram& histogram, std::string* out);

// Sets the layout of *histogram and gives its counts the size the spans ask for. Any layout that is
// accepted has buckets of strictly increasing indexes, at most kHistogramBucketsMax.
[[nodiscard]] bool ReadHistogramLayout(ByteReader* reader, Histogram* histogram);

// The 64 bits of a double without its low zero bytes: how many bytes are left, then these.
void AppendStripped(uint64_t bits, std::string* out);
[[nodiscard]] bool ReadStripped(ByteReader* reader, uint64_t* bits);

// Whether the double is an integer that comes back from int64_t to the bit, -0 excluded.
inline constexpr double kExactIntegerMax = 9007199254740992;  // 2^53
inline bool IsExactInteger(double value, int64_t* integer) {
  if (!(value >= -kExactIntegerMax && value <= kExactIntegerMax)) return false;
  *integer = static_cast<int64_t>(value);
  return std::bit_cast<uint64_t>(static_cast<double>(*integer)) == std::bit_cast<uint64_t>(value);
}

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_HISTOGRAM_LAYOUT_H_
