// What the encoder and the decoder of value chunks agree on.
//
// Format:   storage/docs/encoding_format.md, section 8
#ifndef STORAGE_ENCODING_VALUE_CHUNK_FORMAT_H_
#define STORAGE_ENCODING_VALUE_CHUNK_FORMAT_H_

#include <bit>
#include <cstddef>
#include <cstdint>

namespace varve::storage {

// The first byte of a chunk: the codec below, its parameter above.
inline constexpr unsigned kCodecBits = 4;
inline constexpr uint8_t kCodecMask = (1 << kCodecBits) - 1;

// The parameter of kConstant. Decimal constants with 1 to 11 digits follow kInteger.
enum class ConstantKind : uint8_t {
  kZero = 0,     // +0.0, no more bytes
  kOne = 1,      // 1.0, no more bytes
  kStale = 2,    // the stale marker, no more bytes
  kInteger = 3,  // zig-zag varint; with n digits the kind is kInteger + n
  kDecimalMax = 14,
  kRaw = 15,  // 8 bytes
};

// How the exceptions of kDecimalPatched are written behind their positions.
enum class ExceptionKind : uint8_t {
  kStale = 0,         // all are the stale marker, no more bytes
  kNegativeZero = 1,  // all are -0.0, no more bytes
  kSame = 2,          // all are one value: 8 bytes
  kRaw = 3,           // 8 bytes each
};

inline constexpr size_t kDictionaryCountMax = 32;

// Sparse and dictionary chunks contain a chunk; sparse, dictionary, values is the deepest nesting.
inline constexpr int kChunkDepthMax = 3;

// Bit patterns in the order of the numbers they are, as signed integers. Its own inverse.
inline constexpr int64_t OrderedBits(int64_t bits) {
  return bits ^ static_cast<int64_t>(static_cast<uint64_t>(bits >> 63) >> 1);
}

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_VALUE_CHUNK_FORMAT_H_
