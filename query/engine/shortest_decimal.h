// The shortest decimal that reads back as a double, for the range that nearly all values of queries
// lie in; and its digits as text.
//
// Source: R. Giulietti, "The Schubfach way to render doubles", 2020. In this range the scaled value
// and its rounding interval fit 128 bits exactly, so that one multiplication by a power of five
// takes the place of the approximations and the table that the whole range needs.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_SHORTEST_DECIMAL_H_
#define QUERY_ENGINE_SHORTEST_DECIMAL_H_

#include <cstdint>

namespace varve::query {

inline constexpr double kShortestDecimalMin = 0x1p-37;
inline constexpr double kShortestDecimalEnd = 0x1p53;  // from here on doubles are whole numbers

// digits / 10^decimals.
struct ShortestDecimal {
  uint64_t digits = 0;  // below 10^17; no zero at the end
  int decimals = 0;
};

// Of all decimals that read back as `magnitude` one with the fewest digits, and of those the
// nearest. REQUIRES: kShortestDecimalMin <= magnitude < kShortestDecimalEnd, and it is no whole
// number.
ShortestDecimal FindShortestDecimal(double magnitude);

__extension__ using DigitBytes = unsigned __int128;

// The digits of a number as bytes of text, the first in the lowest byte, which is how they lie in
// memory; what follows them is of no meaning. Kept in a register they can be shifted and stored,
// with a point between, without waiting for memory.
struct DigitText {
  DigitBytes bytes = 0;
  int count = 0;
};
inline constexpr int kDigitTextMax = 16;
// REQUIRES: number < 10^kDigitTextMax.
DigitText MakeDigitText(uint64_t number);
// The same with zeros in front: always kDigitTextMax digits.
DigitText MakePaddedDigitText(uint64_t number);

}  // namespace varve::query

#endif  // QUERY_ENGINE_SHORTEST_DECIMAL_H_
