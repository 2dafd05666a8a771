#include "server/remote_read/chunk_bit_writer.h"

#include <algorithm>
#include <array>

namespace varve::server {
namespace {

// The widths of <varbit_int>: number i has a prefix of i + 1 ones and, but for the last, a zero.
constexpr std::array<int, 8> kWidths = {3, 6, 9, 12, 18, 25, 56, 64};

// 31 fits the five bits in which the number of leading zeros is written.
constexpr int kLeadingMax = 31;

}  // namespace

void ChunkBitWriter::VarbitInt(int64_t value) {
  if (value == 0) return Bits(0, 1);
  size_t i = 0;
  while (i + 1 < kWidths.size() && !FitsSignedField(value, kWidths[i])) ++i;
  const int ones = static_cast<int>(i) + 1;
  Bits((uint64_t{1} << ones) - 1, ones);
  if (i + 1 < kWidths.size()) Bits(0, 1);
  Bits(static_cast<uint64_t>(value), kWidths[i]);
}

void ChunkBitWriter::VarbitUint(uint64_t value) {
  if (value == 0) return Bits(0, 1);
  size_t i = 0;
  while (i + 1 < kWidths.size() && value >> kWidths[i] != 0) ++i;
  const int ones = static_cast<int>(i) + 1;
  Bits((uint64_t{1} << ones) - 1, ones);
  if (i + 1 < kWidths.size()) Bits(0, 1);
  Bits(value, kWidths[i]);
}

void ChunkBitWriter::Xor(double value, double previous, XorWindow* window) {
  const uint64_t delta = std::bit_cast<uint64_t>(value) ^ std::bit_cast<uint64_t>(previous);
  if (delta == 0) return Bits(0, 1);
  Bits(1, 1);
  const int leading = std::min(std::countl_zero(delta), kLeadingMax);
  const int trailing = std::countr_zero(delta);
  if (window->leading >= 0 && leading >= window->leading && trailing >= window->trailing) {
    Bits(0, 1);
    return Bits(delta >> window->trailing, 64 - window->leading - window->trailing);
  }
  window->leading = leading;
  window->trailing = trailing;
  const int significant = 64 - leading - trailing;
  Bits(1, 1);
  Bits(static_cast<uint64_t>(leading), 5);
  Bits(static_cast<uint64_t>(significant), 6);  // 64 is written as 0
  Bits(delta >> trailing, significant);
}

}  // namespace varve::server
