#include "storage/encoding/decimal.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace varve::storage {
namespace {

// All exact: powers of ten are up to 10^22.
constexpr double kPowersOfTen[kDecimalDigitsMax + 1] = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
// Up to here every integer is a double, so that the quotient is rounded only once.
constexpr double kExactIntegerMax = 9007199254740992.0;  // 2^53
constexpr double kInt64Max = 9223372036854775808.0;      // 2^63; itself excluded
// How many values decide about the digits before all are tried.
constexpr size_t kSampleCount = 8;
constexpr unsigned kNoDigits = kDecimalDigitsMax + 1;
// An exception takes its 64 bits and a position; a digit takes log2(10) bits of every value.
constexpr size_t kExceptionBits = 70;
constexpr double kBitsPerDigit = 3.33;

inline bool Convert(double value, unsigned digits, int64_t* integer) {
  const double scale = kPowersOfTen[digits];
  const double rounded = std::nearbyint(value * scale);
  // Written so that NaN fails.
  if (!(std::fabs(rounded) < (digits == 0 ? kInt64Max : kExactIntegerMax))) return false;
  const int64_t candidate = static_cast<int64_t>(rounded);
  *integer = candidate;
  const double back = static_cast<double>(candidate) / scale;
  return std::bit_cast<uint64_t>(back) == std::bit_cast<uint64_t>(value);
}

unsigned DigitsFrom(double value, unsigned digits_min) {
  if (!std::isfinite(value)) return kNoDigits;
  int64_t integer;
  for (unsigned digits = digits_min; digits <= kDecimalDigitsMax; ++digits) {
    if (Convert(value, digits, &integer)) return digits;
    if (std::fabs(value) * kPowersOfTen[digits] > kExactIntegerMax) break;
  }
  return kNoDigits;
}

// A first guess from a few values: enough for all but one of them, so that one odd value does not
// widen the whole column. kNoDigits when most are not decimal.
unsigned GuessDigits(std::span<const double> values) {
  const size_t count = std::min(values.size(), kSampleCount);
  std::array<unsigned, kSampleCount> digits{};
  for (size_t i = 0; i < count; ++i) {
    digits[i] = DigitsFrom(values[i * values.size() / count], 0);
  }
  std::sort(digits.begin(), digits.begin() + static_cast<ptrdiff_t>(count));
  if (digits[count / 2] == kNoDigits) return kNoDigits;
  size_t last = count > 1 ? count - 2 : 0;
  while (digits[last] == kNoDigits) --last;
  return digits[last];
}

// Converts all values; what does not convert becomes an exception.
void ConvertAll(std::span<const double> values, DecimalColumn* column) {
  column->integers.resize(values.size());
  column->exceptions.clear();
  int64_t last = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t integer;
    if (Convert(values[i], column->digits, &integer)) [[likely]] {
      last = integer;
    } else {
      column->exceptions.push_back(static_cast<uint32_t>(i));
    }
    column->integers[i] = last;
  }
  // Exceptions at the front take the first integer behind them.
  size_t front = 0;
  while (front < column->exceptions.size() && column->exceptions[front] == front) ++front;
  if (front < values.size()) {
    std::fill_n(column->integers.begin(), front, column->integers[front]);
  }
}

// The digits at which the exceptions that are left and the digits cost least together.
unsigned BetterDigits(std::span<const double> values, const DecimalColumn& column) {
  std::array<size_t, kNoDigits + 1> exceptions{};
  for (const uint32_t position : column.exceptions) {
    ++exceptions[DigitsFrom(values[position], column.digits + 1)];
  }
  size_t left = column.exceptions.size();
  unsigned best = column.digits;
  double best_bits = static_cast<double>(left * kExceptionBits);
  for (unsigned digits = column.digits + 1; digits <= kDecimalDigitsMax; ++digits) {
    left -= exceptions[digits];
    const size_t more_digits = values.size() * (digits - column.digits);
    const double bits = static_cast<double>(left * kExceptionBits) +
                        static_cast<double>(more_digits) * kBitsPerDigit;
    if (bits < best_bits) {
      best_bits = bits;
      best = digits;
    }
  }
  return best;
}

void FromDecimalPortable(std::span<const int64_t> integers, double scale, double* out) {
  for (size_t i = 0; i < integers.size(); ++i) {
    out[i] = static_cast<double>(integers[i]) / scale;
  }
}

// AVX2 has no conversion from 64-bit integers: the two halves are placed in the mantissas of 2^84
// and 2^52, and one final addition rounds as the scalar instruction does.
__attribute__((target("avx2"))) inline __m256d ToDoubles(__m256i integers) {
  const __m256i low_magic = _mm256_set1_epi64x(0x4330000000000000);
  const __m256i high_magic = _mm256_set1_epi64x(0x4530000080000000);
  const __m256i both_magic = _mm256_set1_epi64x(0x4530000080100000);
  const __m256i low = _mm256_blend_epi32(low_magic, integers, 0b01010101);
  const __m256i high = _mm256_xor_si256(_mm256_srli_epi64(integers, 32), high_magic);
  const __m256d high_double =
      _mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_castsi256_pd(both_magic));
  return _mm256_add_pd(high_double, _mm256_castsi256_pd(low));
}

__attribute__((target("avx2"))) void FromDecimalAvx2(std::span<const int64_t> integers,
                                                     double scale, double* out) {
  const __m256d scales = _mm256_set1_pd(scale);
  const size_t whole = integers.size() & ~size_t{3};
  for (size_t i = 0; i < whole; i += 4) {
    const __m256d doubles =
        ToDoubles(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(integers.data() + i)));
    _mm256_storeu_pd(out + i, scale == 1 ? doubles : _mm256_div_pd(doubles, scales));
  }
  FromDecimalPortable(integers.subspan(whole), scale, out + whole);
}

}  // namespace

bool ToDecimal(double value, unsigned digits, int64_t* integer) {
  return digits <= kDecimalDigitsMax && Convert(value, digits, integer);
}

unsigned DecimalDigits(double value) { return DigitsFrom(value, 0); }

bool ToDecimal(std::span<const double> values, DecimalColumn* column) {
  if (values.empty()) return false;
  column->digits = GuessDigits(values);
  if (column->digits == kNoDigits) return false;
  constexpr int kRoundsMax = 3;
  for (int round = 0; round < kRoundsMax; ++round) {
    ConvertAll(values, column);
    if (column->exceptions.empty()) return true;
    const unsigned better = BetterDigits(values, *column);
    if (better == column->digits) break;
    column->digits = better;
    if (round + 1 == kRoundsMax) ConvertAll(values, column);
  }
  return column->exceptions.size() * 4 <= values.size();
}

void FromDecimal(std::span<const int64_t> integers, unsigned digits, double* out) {
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  const double scale = kPowersOfTen[std::min(digits, kDecimalDigitsMax)];
  if (has_avx2) {
    FromDecimalAvx2(integers, scale, out);
  } else {
    FromDecimalPortable(integers, scale, out);
  }
}

}  // namespace varve::storage
