#include "storage/io/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace varve::storage {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli, bits reversed

using ByteTable = std::array<uint32_t, 256>;

constexpr ByteTable MakeByteTable() {
  ByteTable table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[byte] = crc;
  }
  return table;
}
constexpr ByteTable kByteTable = MakeByteTable();

#ifdef __SSE4_2__
// The crc32 instruction answers after three cycles but starts every cycle: three independent blocks
// keep it busy. Their CRCs are joined by moving one over the length of a block, which is linear and
// so four table look-ups.
constexpr size_t kBlockBytes = 512;
using ShiftTable = std::array<ByteTable, 4>;

constexpr ShiftTable MakeShiftTable() {
  // columns[bit]: what a CRC of only that bit becomes after kBlockBytes zero bytes.
  std::array<uint32_t, 32> columns{};
  for (size_t bit = 0; bit < 32; ++bit) {
    uint32_t crc = 1U << bit;
    for (size_t i = 0; i < kBlockBytes; ++i) crc = (crc >> 8) ^ kByteTable[crc & 0xff];
    columns[bit] = crc;
  }
  ShiftTable shift{};
  for (size_t byte = 0; byte < 4; ++byte) {
    for (uint32_t value = 0; value < 256; ++value) {
      uint32_t crc = 0;
      for (size_t bit = 0; bit < 8; ++bit) {
        if ((value >> bit & 1) != 0) crc ^= columns[byte * 8 + bit];
      }
      shift[byte][value] = crc;
    }
  }
  return shift;
}

uint32_t ShiftBlock(uint32_t crc) {
  static const ShiftTable shift = MakeShiftTable();
  return shift[0][crc & 0xff] ^ shift[1][crc >> 8 & 0xff] ^ shift[2][crc >> 16 & 0xff] ^
         shift[3][crc >> 24];
}

uint64_t Load64(const char* bytes) {
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

uint32_t Crc32cHardware(const char* at, size_t length, uint32_t crc32) {
  while (length >= 3 * kBlockBytes) {
    uint64_t first = crc32, second = 0, third = 0;
    for (size_t i = 0; i < kBlockBytes; i += 8) {
      first = _mm_crc32_u64(first, Load64(at + i));
      second = _mm_crc32_u64(second, Load64(at + kBlockBytes + i));
      third = _mm_crc32_u64(third, Load64(at + 2 * kBlockBytes + i));
    }
    crc32 = ShiftBlock(static_cast<uint32_t>(first)) ^ static_cast<uint32_t>(second);
    crc32 = ShiftBlock(crc32) ^ static_cast<uint32_t>(third);
    at += 3 * kBlockBytes;
    length -= 3 * kBlockBytes;
  }
  uint64_t crc = crc32;
  for (; length >= 8; at += 8, length -= 8) crc = _mm_crc32_u64(crc, Load64(at));
  crc32 = static_cast<uint32_t>(crc);
  for (; length > 0; ++at, --length) {
    crc32 = _mm_crc32_u8(crc32, static_cast<unsigned char>(*at));
  }
  return crc32;
}
#endif  // __SSE4_2__

}  // namespace

uint32_t Crc32cPortable(std::string_view data, uint32_t seed) {
  uint32_t crc = ~seed;
  for (const char c : data) {
    crc = (crc >> 8) ^ kByteTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return ~crc;
}

uint32_t Crc32c(std::string_view data, uint32_t seed) {
#ifdef __SSE4_2__
  return ~Crc32cHardware(data.data(), data.size(), ~seed);
#else
  return Crc32cPortable(data, seed);
#endif
}

}  // namespace varve::storage
