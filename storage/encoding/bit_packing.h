// Unsigned integers of one width, packed without padding: value i is the bits [i * width, +width).
//
// Eight values always begin at a whole byte, so that AVX2 unpacks eight at a time with one byte
// shuffle and one shift per register, for any count: about 9 G values/s for long columns, 4.8 G for
// 120 values. (A layout of eight interleaved lanes unpacks no faster and needs blocks of 256.)
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   unpacking returns false when the bytes are too few or the width too large.
// Format:   storage/docs/encoding_format.md, section 2
#ifndef STORAGE_ENCODING_BIT_PACKING_H_
#define STORAGE_ENCODING_BIT_PACKING_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace varve::storage {

inline constexpr unsigned kPackedWidthMax = 64;

inline constexpr size_t PackedBytes(size_t count, unsigned width) {
  return (count * width + 7) / 8;
}

// Appends PackedBytes(values.size(), width) bytes. Every value must fit `width` bits.
void PackBits(std::span<const uint64_t> values, unsigned width, std::string* out);
void PackBits(std::span<const uint32_t> values, unsigned width, std::string* out);

// The first `count` values into an array with room for them; width up to 64, or up to 32.
[[nodiscard]] bool UnpackBits(std::string_view bytes, size_t count, unsigned width, uint64_t* out);
[[nodiscard]] bool UnpackBits(std::string_view bytes, size_t count, unsigned width, uint32_t* out);

// The value at `index` alone, for a search in a packed array.
[[nodiscard]] bool UnpackOne(std::string_view bytes, size_t index, unsigned width, uint64_t* out);

// What UnpackBits falls back to where the processor has no AVX2. Bytes are not checked.
void UnpackBitsPortable(std::string_view bytes, size_t count, unsigned width, uint64_t* out);
void UnpackBitsPortable(std::string_view bytes, size_t count, unsigned width, uint32_t* out);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_BIT_PACKING_H_
