#include "storage/encoding/bit_packing.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "storage/encoding/bit_stream.h"

namespace varve::storage {
namespace {

// Widths whose value lies, at any bit offset in its first byte, in one 4- or 8-byte word.
constexpr unsigned kWordWidthMax = 32 - 7;
constexpr unsigned kQuadWidthMax = 64 - 7;
// Values are unpacked in groups that begin at a whole byte.
constexpr size_t kGroupCount = 8;

uint64_t LoadUpTo8(const char* from, size_t available) {
  uint64_t word = 0;
  std::memcpy(&word, from, available < sizeof(word) ? available : sizeof(word));
  return word;
}

template <typename T>
void Pack(std::span<const T> values, unsigned width, std::string* out) {
  assert(width <= kPackedWidthMax);
  if (width == 0) return;
  const size_t before = out->size();
  // Whole words are stored, so that there must be room for one behind the last value.
  out->resize(before + PackedBytes(values.size(), width) + sizeof(uint64_t));
  char* to = out->data() + before;
  uint64_t buffer = 0;
  unsigned filled = 0;
  for (const T value : values) {
    assert((value & ~LowBits(width)) == 0);
    buffer |= static_cast<uint64_t>(value) << filled;
    filled += width;
    if (filled >= 64) {
      std::memcpy(to, &buffer, sizeof(buffer));
      to += sizeof(buffer);
      filled -= 64;
      buffer = filled == 0 ? 0 : static_cast<uint64_t>(value) >> (width - filled);
    }
  }
  std::memcpy(to, &buffer, sizeof(buffer));
  out->resize(before + PackedBytes(values.size(), width));
}

// The value whose bits begin at `bit`; width is not 0 and the value lies in the bytes.
uint64_t ReadAt(const char* from, size_t available, size_t bit, unsigned width) {
  const size_t byte = bit >> 3;
  const unsigned shift = bit & 7;
  uint64_t value = LoadUpTo8(from + byte, available - byte) >> shift;
  if (shift + width > 64) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(from[byte + 8])) << (64 - shift);
  }
  return value & LowBits(width);
}

template <typename T>
void UnpackPortable(std::string_view packed, size_t count, unsigned width, T* out) {
  if (width == 0) {
    std::fill_n(out, count, T{0});
    return;
  }
  size_t bit = 0;
  for (size_t i = 0; i < count; ++i, bit += width) {
    out[i] = static_cast<T>(ReadAt(packed.data(), packed.size(), bit, width));
  }
}

// Which bytes a register shuffles to its lanes, and how far each lane shifts, for a group of eight.
struct alignas(32) WordShuffle {
  uint8_t bytes[32];  // of two loads of 16 bytes: at the group, and at `high_byte` behind it
  uint32_t shifts[8];
  uint32_t high_byte;  // where the bits of value 4 begin
};
struct alignas(32) QuadShuffle {
  uint8_t bytes[2][32];  // each half of two values per 16-byte load
  uint64_t shifts[2][4];
  uint32_t load_bytes[4];
};

constexpr std::array<WordShuffle, kWordWidthMax + 1> MakeWordShuffles() {
  std::array<WordShuffle, kWordWidthMax + 1> shuffles{};
  for (unsigned width = 1; width <= kWordWidthMax; ++width) {
    WordShuffle& shuffle = shuffles[width];
    shuffle.high_byte = 4 * width / 8;
    for (unsigned i = 0; i < 8; ++i) {
      const unsigned bit = i * width - (i < 4 ? 0 : shuffle.high_byte * 8);
      shuffle.shifts[i] = bit % 8;
      for (unsigned b = 0; b < 4; ++b) {
        const unsigned byte = bit / 8 + b;
        shuffle.bytes[i * 4 + b] = static_cast<uint8_t>(byte < 16 ? byte : 0x80);
      }
    }
  }
  return shuffles;
}

constexpr std::array<QuadShuffle, kQuadWidthMax + 1> MakeQuadShuffles() {
  std::array<QuadShuffle, kQuadWidthMax + 1> shuffles{};
  for (unsigned width = 1; width <= kQuadWidthMax; ++width) {
    QuadShuffle& shuffle = shuffles[width];
    for (unsigned load = 0; load < 4; ++load) {
      shuffle.load_bytes[load] = 2 * load * width / 8;
      for (unsigned i = 0; i < 2; ++i) {
        const unsigned bit = (2 * load + i) * width - shuffle.load_bytes[load] * 8;
        const unsigned lane = load % 2 * 2 + i;
        shuffle.shifts[load / 2][lane] = bit % 8;
        for (unsigned b = 0; b < 8; ++b) {
          const unsigned byte = bit / 8 + b;
          shuffle.bytes[load / 2][lane * 8 + b] = static_cast<uint8_t>(byte < 16 ? byte : 0x80);
        }
      }
    }
  }
  return shuffles;
}

constexpr std::array<WordShuffle, kWordWidthMax + 1> kWordShuffles = MakeWordShuffles();
constexpr std::array<QuadShuffle, kQuadWidthMax + 1> kQuadShuffles = MakeQuadShuffles();

__attribute__((target("avx2"))) inline __m256i LoadPair(const char* low, const char* high) {
  const __m128i low_bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(low));
  const __m128i high_bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(high));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low_bytes), high_bytes, 1);
}

__attribute__((target("avx2"))) inline void Store(__m256i words, uint32_t* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), words);
}
__attribute__((target("avx2"))) inline void Store(__m256i words, uint64_t* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                      _mm256_cvtepu32_epi64(_mm256_castsi256_si128(words)));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 4),
                      _mm256_cvtepu32_epi64(_mm256_extracti128_si256(words, 1)));
}

// Unpacks `groups` groups; reads up to 16 bytes behind the first byte of the last load.
template <typename T>
__attribute__((target("avx2"))) void UnpackWordGroups(const char* from, size_t groups,
                                                      unsigned width, T* out) {
  const WordShuffle& shuffle = kWordShuffles[width];
  const __m256i bytes = _mm256_load_si256(reinterpret_cast<const __m256i*>(shuffle.bytes));
  const __m256i shifts = _mm256_load_si256(reinterpret_cast<const __m256i*>(shuffle.shifts));
  const __m256i mask = _mm256_set1_epi32(static_cast<int>(LowBits(width)));
  const size_t high_byte = shuffle.high_byte;
  for (size_t group = 0; group < groups; ++group, from += width, out += kGroupCount) {
    const __m256i loaded = LoadPair(from, from + high_byte);
    const __m256i shuffled = _mm256_shuffle_epi8(loaded, bytes);
    Store(_mm256_and_si256(_mm256_srlv_epi32(shuffled, shifts), mask), out);
  }
}

__attribute__((target("avx2"))) void UnpackQuadGroups(const char* from, size_t groups,
                                                      unsigned width, uint64_t* out) {
  const QuadShuffle& shuffle = kQuadShuffles[width];
  const __m256i mask = _mm256_set1_epi64x(static_cast<long long>(LowBits(width)));
  __m256i bytes[2], shifts[2];
  for (int half = 0; half < 2; ++half) {
    bytes[half] = _mm256_load_si256(reinterpret_cast<const __m256i*>(shuffle.bytes[half]));
    shifts[half] = _mm256_load_si256(reinterpret_cast<const __m256i*>(shuffle.shifts[half]));
  }
  for (size_t group = 0; group < groups; ++group, from += width, out += kGroupCount) {
    for (int half = 0; half < 2; ++half) {
      const __m256i loaded =
          LoadPair(from + shuffle.load_bytes[half * 2], from + shuffle.load_bytes[half * 2 + 1]);
      const __m256i shuffled = _mm256_shuffle_epi8(loaded, bytes[half]);
      const __m256i values = _mm256_and_si256(_mm256_srlv_epi64(shuffled, shifts[half]), mask);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + half * 4), values);
    }
  }
}

void UnpackGroups(const char* from, size_t groups, unsigned width, uint32_t* out) {
  UnpackWordGroups(from, groups, width, out);
}
void UnpackGroups(const char* from, size_t groups, unsigned width, uint64_t* out) {
  if (width <= kWordWidthMax) {
    UnpackWordGroups(from, groups, width, out);
  } else {
    UnpackQuadGroups(from, groups, width, out);
  }
}

bool HasAvx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}

template <typename T>
bool Unpack(std::string_view packed, size_t count, unsigned width, T* out) {
  constexpr unsigned kShuffledWidthMax = sizeof(T) == 4 ? kWordWidthMax : kQuadWidthMax;
  if (width > sizeof(T) * 8) return false;
  if (count == 0) return true;  // `out` may be null
  if (width != 0 && count > packed.size() * 8 / width) return false;
  if (width == 0) {
    std::memset(out, 0, count * sizeof(T));
    return true;
  }
  if (width == sizeof(T) * 8) {
    std::memcpy(out, packed.data(), count * sizeof(T));
    return true;
  }
  if (width > kShuffledWidthMax || count < kGroupCount || !HasAvx2()) {
    UnpackPortable(packed, count, width, out);
    return true;
  }
  // A group's last load begins before the group ends and takes 16 bytes.
  constexpr size_t kOverread = 16;
  const size_t groups = count / kGroupCount;
  const size_t groups_inside =
      packed.size() < width + kOverread ? 0 : std::min(groups, (packed.size() - kOverread) / width);
  UnpackGroups(packed.data(), groups_inside, width, out);
  size_t done = groups_inside * kGroupCount;
  // The last groups come from a copy with room behind it.
  constexpr size_t kTailBytesMax = kShuffledWidthMax + 2 * kOverread;
  while (done < count) {
    const size_t byte = done / kGroupCount * width;
    char tail[kTailBytesMax + kOverread] = {};
    const size_t tail_bytes = std::min<size_t>(kTailBytesMax, packed.size() - byte);
    std::memcpy(tail, packed.data() + byte, tail_bytes);
    const size_t left = count - done;
    const size_t tail_groups = std::min(left / kGroupCount, tail_bytes / width);
    if (tail_groups > 0) {
      UnpackGroups(tail, tail_groups, width, out + done);
      done += tail_groups * kGroupCount;
    } else {
      T last[kGroupCount];
      UnpackGroups(tail, 1, width, last);
      std::memcpy(out + done, last, left * sizeof(T));
      done = count;
    }
  }
  return true;
}

}  // namespace

void PackBits(std::span<const uint64_t> values, unsigned width, std::string* out) {
  Pack(values, width, out);
}
void PackBits(std::span<const uint32_t> values, unsigned width, std::string* out) {
  Pack(values, width, out);
}

bool UnpackBits(std::string_view bytes, size_t count, unsigned width, uint64_t* out) {
  return Unpack(bytes, count, width, out);
}
bool UnpackBits(std::string_view bytes, size_t count, unsigned width, uint32_t* out) {
  return Unpack(bytes, count, width, out);
}

bool UnpackOne(std::string_view bytes, size_t index, unsigned width, uint64_t* out) {
  if (width > kPackedWidthMax) return false;
  if (width != 0 && index >= bytes.size() * 8 / width) return false;
  const size_t bit = index * width;
  *out = width == 0 ? 0 : ReadAt(bytes.data(), bytes.size(), bit, width);
  return true;
}

void UnpackBitsPortable(std::string_view bytes, size_t count, unsigned width, uint64_t* out) {
  UnpackPortable(bytes, count, width, out);
}
void UnpackBitsPortable(std::string_view bytes, size_t count, unsigned width, uint32_t* out) {
  UnpackPortable(bytes, count, width, out);
}

}  // namespace varve::storage
