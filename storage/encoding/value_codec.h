// Chunks of doubles: each is written by the codec that makes it smallest and comes back exactly.
//
// EncodeValues reads its own output before it returns it, so that a chunk that would not come back
// as it was is never written: it falls back to plain doubles.
//
// Threads:  free functions; scratch memory is per thread.
// Owns:     nothing.
// Errors:   DATA_LOSS when a chunk is damaged.
// Format:   storage/docs/encoding_format.md, section 8
#ifndef STORAGE_ENCODING_VALUE_CODEC_H_
#define STORAGE_ENCODING_VALUE_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace varve::storage {

// The codec of a chunk: the low four bits of its first byte. Numbers are never reused.
enum class ValueCodec : uint8_t {
  kRaw = 0,             // 8 bytes each
  kConstant = 1,        // one value
  kLinear = 2,          // decimal, first and step
  kSparse = 3,          // where the value changes, and a chunk of the changed values
  kDecimal = 4,         // integers / 10^digits
  kDecimalPatched = 5,  // kDecimal with values kept as they are beside it
  kBits = 6,            // the bit patterns, in the order of the numbers, as integers
  kDictionary = 7,      // indexes into a chunk of distinct values
  kGorilla = 8,         // XOR with the value before
};
inline constexpr size_t kValueCodecCount = 9;

// The longest chunk; one of 120 to 480 samples is usual.
inline constexpr size_t kValueChunkCountMax = 4096;

// Appends one chunk of 1 to kValueChunkCountMax values (none for no values) and says its codec.
ValueCodec EncodeValues(std::span<const double> values, std::string* out);

// `bytes` is exactly one chunk of `count` values; out has room for them.
absl::Status DecodeValues(std::string_view bytes, size_t count, double* out);
// Of that chunk only the values [begin, end), end > begin. Damage beside them may go unseen.
absl::Status DecodeValueRange(std::string_view bytes, size_t count, size_t begin, size_t end,
                              double* out);

// kRaw for no bytes and for a codec that is not known.
ValueCodec PeekCodec(std::string_view bytes);

// "constant", "decimal" ... for statistics.
std::string_view ValueCodecName(ValueCodec codec);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_VALUE_CODEC_H_
