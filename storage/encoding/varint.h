// Variable-length integers: seven bits a byte, lowest first (LEB128), and zig-zag for signed ones.
//
// Threads:  free functions without state.
// Owns:     nothing; readers look at [begin, end) and never past it.
// Errors:   a read of a number that is cut off or longer than 64 bits returns 0 bytes.
// Format:   storage/docs/encoding_format.md, section 1
#ifndef STORAGE_ENCODING_VARINT_H_
#define STORAGE_ENCODING_VARINT_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>

namespace varve::storage {

inline constexpr size_t kVarintBytesMax = 10;

// Small magnitudes of either sign become small numbers: 0, -1, 1, -2 ... -> 0, 1, 2, 3 ...
inline constexpr uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline constexpr int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

inline constexpr size_t VarintBytes(uint64_t value) {
  return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}

// Writes at most kVarintBytesMax bytes at `to` and returns how many.
inline size_t WriteVarint(uint64_t value, char* to) {
  size_t bytes = 0;
  while (value >= 0x80) {
    to[bytes++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  to[bytes++] = static_cast<char>(value);
  return bytes;
}

inline void AppendVarint(uint64_t value, std::string* out) {
  if (value < 0x80) {
    out->push_back(static_cast<char>(value));
    return;
  }
  char bytes[kVarintBytesMax];
  out->append(bytes, WriteVarint(value, bytes));
}
inline void AppendZigZag(int64_t value, std::string* out) { AppendVarint(ZigZag(value), out); }

// The number at `begin`; returns how many bytes it takes, 0 when it is cut off or too large.
inline size_t ReadVarint(const char* begin, const char* end, uint64_t* value) {
  if (begin < end && static_cast<uint8_t>(*begin) < 0x80) {  // most numbers are below 128
    *value = static_cast<uint8_t>(*begin);
    return 1;
  }
  uint64_t result = 0;
  const size_t available = static_cast<size_t>(end - begin);
  for (size_t i = 0; i < kVarintBytesMax && i < available; ++i) {
    const uint64_t byte = static_cast<uint8_t>(begin[i]);
    if (i == kVarintBytesMax - 1 && byte > 1) return 0;  // only one bit is left of the 64
    result |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *value = result;
      return i + 1;
    }
  }
  return 0;
}

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_VARINT_H_
