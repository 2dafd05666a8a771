#include "query/engine/shortest_decimal.h"

#include <array>
#include <bit>
#include <cstddef>

namespace varve::query {
namespace {

__extension__ using uint128 = unsigned __int128;

constexpr int kFractionBits = 52;
constexpr int kExponentBias = 1075;  // of the fraction as a whole number
constexpr uint64_t kFractionMask = (uint64_t{1} << kFractionBits) - 1;

constexpr std::array<uint64_t, 28> kPowersOfFive = [] {
  std::array<uint64_t, 28> powers{};
  uint64_t power = 1;
  for (uint64_t& entry : powers) {
    entry = power;
    power *= 5;
  }
  return powers;
}();

// floor(log10(2^exponent)), or floor(log10(2^exponent * 3/4)).
int FloorLog10(int exponent, bool three_quarters) {
  constexpr int64_t kLog10Of2 = 661'971'961'083;              // 2^41 log10(2)
  constexpr int64_t kLog10OfThreeQuarters = 274'743'187'321;  // -2^41 log10(3/4)
  const int64_t scaled = exponent * kLog10Of2 - (three_quarters ? kLog10OfThreeQuarters : 0);
  return static_cast<int>(scaled >> 41);
}

void TrimZeros(ShortestDecimal* decimal) {
  const auto trim = [&](uint64_t power, int zeros) {
    if (decimal->digits % power != 0) return;
    decimal->digits /= power;
    decimal->decimals -= zeros;
  };
  trim(100'000'000, 8);
  trim(10'000, 4);
  trim(100, 2);
  trim(10, 1);
}

// Eight digits of a number below 10^8 as numbers, the first in the lowest byte: two halves, then
// quarters, then digits, side by side in one word.
uint64_t EightDigits(uint64_t number) {
  const uint64_t halves = number / 10'000 | (number % 10'000) << 32;
  const uint64_t upper = (halves * 10'486 >> 20) & 0x0000007F'0000007F;  // of each half, / 100
  const uint64_t quarters = upper | (halves - 100 * upper) << 16;
  const uint64_t tens = (quarters * 103 >> 10) & 0x000F000F'000F000F;  // of each quarter, / 10
  return tens | (quarters - 10 * tens) << 8;
}

}  // namespace

ShortestDecimal FindShortestDecimal(double magnitude) {
  const auto bits = std::bit_cast<uint64_t>(magnitude);
  const uint64_t fraction = bits & kFractionMask;
  const uint64_t significand = fraction | (kFractionMask + 1);
  const int exponent = static_cast<int>(bits >> kFractionBits) - kExponentBias;  // -89 to -1
  // Below a power of two doubles lie twice as close.
  const bool narrow_below = fraction == 0;
  const int decimals = -FloorLog10(exponent, narrow_below);  // 1 to 27

  // Everything from here on is in units of 10^-decimals, times 2^shift: the value, and the bounds
  // of what reads back as it. The interval is at least one unit wide, and less than ten.
  const uint64_t power = kPowersOfFive[static_cast<size_t>(decimals)];
  const int shift = 2 - exponent - decimals;
  const uint128 value = uint128{significand << 2} * power;
  const uint128 lower = value - (narrow_below ? power : 2 * power);
  const uint128 upper = value + 2 * power;
  // A bound itself is read as the even one of the two doubles beside it.
  const bool is_even = (significand & 1) == 0;
  const auto above_lower = [&](uint64_t units) {
    const uint128 scaled = uint128{units} << shift;
    return is_even ? scaled >= lower : scaled > lower;
  };
  const auto below_upper = [&](uint64_t units) {
    const uint128 scaled = uint128{units} << shift;
    return is_even ? scaled <= upper : scaled < upper;
  };

  const auto floor = static_cast<uint64_t>(value >> shift);
  const uint64_t tens = floor / 10;
  if (above_lower(tens * 10)) {
    ShortestDecimal decimal{tens, decimals - 1};
    TrimZeros(&decimal);
    return decimal;
  }
  if (below_upper(tens * 10 + 10)) {
    ShortestDecimal decimal{tens + 1, decimals - 1};
    TrimZeros(&decimal);
    return decimal;
  }
  const bool floor_fits = above_lower(floor);
  const bool next_fits = below_upper(floor + 1);
  if (floor_fits != next_fits) return {floor_fits ? floor : floor + 1, decimals};
  const uint128 twice = value << 1;
  const uint128 middle = uint128{2 * floor + 1} << shift;
  const bool take_floor = twice < middle || (twice == middle && (floor & 1) == 0);
  return {take_floor ? floor : floor + 1, decimals};
}

DigitText MakePaddedDigitText(uint64_t number) {
  constexpr uint64_t kZeros = 0x30303030'30303030;
  const uint64_t high = EightDigits(number / 100'000'000) + kZeros;
  const uint64_t low = EightDigits(number % 100'000'000) + kZeros;
  return {DigitBytes{low} << 64 | high, kDigitTextMax};
}

DigitText MakeDigitText(uint64_t number) {
  const DigitText padded = MakePaddedDigitText(number);
  constexpr uint64_t kNibbles = 0x0F0F0F0F'0F0F0F0F;  // of a digit's text: the digit
  const uint64_t high = static_cast<uint64_t>(padded.bytes) & kNibbles;
  const uint64_t low = static_cast<uint64_t>(padded.bytes >> 64) & kNibbles;
  const int zeros = high != 0  ? std::countr_zero(high) / 8
                    : low != 0 ? 8 + std::countr_zero(low) / 8
                               : kDigitTextMax - 1;
  return {padded.bytes >> (8 * zeros), kDigitTextMax - zeros};
}

}  // namespace varve::query
