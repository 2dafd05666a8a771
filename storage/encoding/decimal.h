// Doubles as integers of one decimal scale: 12.25, 3.5 -> 1225, 350 with two digits.
//
// A scaled value is kept only where dividing gives back the very bits: -0.0, NaNs, infinities, the
// stale marker and numbers with more digits are exceptions.
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   none; a column that is not decimal is refused.
#ifndef STORAGE_ENCODING_DECIMAL_H_
#define STORAGE_ENCODING_DECIMAL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace varve::storage {

inline constexpr unsigned kDecimalDigitsMax = 15;

struct DecimalColumn {
  unsigned digits = 0;               // behind the point: value = integer / 10^digits
  std::vector<int64_t> integers;     // one for every value; an exception repeats its neighbour
  std::vector<uint32_t> exceptions;  // positions whose value must be kept as it is
};

// Finds the digits that fit the column and fills *column. False, with *column undefined, when more
// than a quarter of the values would be exceptions.
[[nodiscard]] bool ToDecimal(std::span<const double> values, DecimalColumn* column);

// The integer whose quotient by 10^digits is exactly `value`, if there is one.
[[nodiscard]] bool ToDecimal(double value, unsigned digits, int64_t* integer);

// The fewest digits that are enough for `value`; kDecimalDigitsMax + 1 when none are.
unsigned DecimalDigits(double value);

// out[i] = integers[i] / 10^digits. Divides, since a product with 10^-digits rounds differently.
void FromDecimal(std::span<const int64_t> integers, unsigned digits, double* out);

}  // namespace varve::storage

#endif  // STORAGE_ENCODING_DECIMAL_H_
