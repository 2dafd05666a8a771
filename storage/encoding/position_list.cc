#include "storage/encoding/position_list.h"

#include <algorithm>
#include <bit>

#include "storage/encoding/bit_stream.h"

namespace varve::storage {
namespace {

// The low bits of a gap that are written as they are; what is above is written as that many zeros
// and a one. Four bits of the list's head hold it.
constexpr unsigned kParameterBits = 4;
constexpr unsigned kParameterMax = 15;
// Zeros are counted, and ones written, this many at a time.
constexpr unsigned kUnaryStepBits = 56;

// The parameter that suits gaps of this average best, give or take one.
unsigned GuessParameter(size_t gap_sum, size_t count) {
  // Lists are short; a division of 32 bits is several times faster than one of 64.
  const uint32_t mean = static_cast<uint32_t>(gap_sum) / static_cast<uint32_t>(count);
  return std::min<unsigned>(kParameterMax, static_cast<unsigned>(std::bit_width(mean)));
}

}  // namespace

size_t EstimatePositionBits(size_t count, size_t column_count) {
  if (count == 0) return 0;
  const size_t gap_sum = column_count - count;
  const unsigned parameter = GuessParameter(gap_sum * 7 / 10, count);
  return 8 + count * (parameter + 1) + (gap_sum >> parameter);
}

void EncodePositions(std::span<const uint32_t> positions, std::string* out) {
  if (positions.empty()) {
    AppendVarint(0, out);
    return;
  }
  const size_t count = positions.size();
  const size_t gap_sum = positions.back() + 1 - count;
  const unsigned guess = GuessParameter(gap_sum, count);
  unsigned best = 0;
  size_t best_bits = SIZE_MAX;
  for (unsigned parameter = guess > 2 ? guess - 2 : 0;
       parameter <= std::min(guess + 1, kParameterMax); ++parameter) {
    size_t bits = count * (parameter + 1);
    uint32_t next = 0;
    for (const uint32_t position : positions) {
      bits += (position - next) >> parameter;
      next = position + 1;
    }
    if (bits < best_bits) {
      best_bits = bits;
      best = parameter;
    }
  }
  AppendVarint(static_cast<uint64_t>(count) << kParameterBits | best, out);
  BitWriter writer(out);
  uint32_t next = 0;
  for (const uint32_t position : positions) {
    const uint32_t gap = position - next;
    next = position + 1;
    uint32_t zeros = gap >> best;
    for (; zeros >= kUnaryStepBits; zeros -= kUnaryStepBits) writer.Write(0, kUnaryStepBits);
    writer.Write(uint64_t{1} << zeros, zeros + 1);
    writer.Write(gap & LowBits(best), best);
  }
  writer.Finish();
}

bool DecodePositions(ByteReader* reader, size_t column_count, std::vector<uint32_t>* positions) {
  positions->clear();
  uint64_t head = 0;
  if (!reader->Varint(&head)) return false;
  const uint64_t count = head >> kParameterBits;
  const unsigned parameter = head & LowBits(kParameterBits);
  if (count > column_count) return false;
  positions->resize(count);
  uint32_t* const out = positions->data();
  BitReader bits(reader->rest());
  uint64_t next = 0;
  for (uint64_t i = 0; i < count;) {
    const uint64_t peeked = bits.Peek() & LowBits(kUnaryStepBits);
    // Gaps that lie in the word as a whole, which nearly all do, are taken out of it one by one.
    uint64_t word = peeked;
    unsigned used = 0;
    while (word != 0 && i < count) {
      const unsigned zeros = static_cast<unsigned>(std::countr_zero(word));
      const unsigned width = zeros + 1 + parameter;
      if (used + width > kUnaryStepBits) break;
      next += (uint64_t{zeros} << parameter) + (word >> (zeros + 1) & LowBits(parameter));
      if (next >= column_count) return false;
      out[i++] = static_cast<uint32_t>(next++);
      word >>= width;
      used += width;
    }
    if (used > 0) {
      bits.Skip(used);
      continue;
    }
    uint64_t zeros = 0;
    word = peeked;
    while (word == 0) {
      zeros += kUnaryStepBits;
      if (zeros > column_count) return false;
      bits.Skip(kUnaryStepBits);
      word = bits.Peek() & LowBits(kUnaryStepBits);
    }
    const unsigned last_zeros = static_cast<unsigned>(std::countr_zero(word));
    bits.Skip(last_zeros + 1);
    next += ((zeros + last_zeros) << parameter) + bits.Read(parameter);
    if (next >= column_count) return false;
    out[i++] = static_cast<uint32_t>(next++);
  }
  return bits.ok() && reader->Skip(bits.bytes_used());
}

}  // namespace varve::storage
