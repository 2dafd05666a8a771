// Exponential functions, logarithms and powers of go_math.h.
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numbers>

#include "query/engine/go_math.h"

namespace varve::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr uint64_t kMantissaMask = (uint64_t{1} << 52) - 1;

// ln 2 in two parts, the first with trailing zeros, so that small multiples of it are exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;

// 2 s^2 / 3 + 2 s^4 / 5 ..., of logarithms.
constexpr double kLogTerms[] = {6.666666666666735130e-01, 3.999999999940941908e-01,
                                2.857142874366239149e-01, 2.222219843214978396e-01,
                                1.818357216161805012e-01, 1.531383769920937332e-01,
                                1.479819860511658591e-01};

bool IsOdd(double x) {
  return std::abs(x) < 0x1p53 && std::trunc(x) == x && (static_cast<int64_t>(x) & 1) != 0;
}

// 2^k e^(high - low).
double ScaledExp(double high, double low, int k) {
  const double r = high - low;
  const double t = r * r;
  const double c =
      r - t * (1.66666666666666657415e-01 +
               t * (-2.77777777770155933842e-03 +
                    t * (6.61375632143793436117e-05 +
                         t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  return std::ldexp(1 - ((low - (r * c) / (2 - c)) - high), k);
}

// x^y of finite numbers other than 0 and 1.
double PowOfFinite(double x, double y) {
  double whole;
  double fraction = std::modf(std::abs(y), &whole);
  if (fraction != 0 && x < 0) return kNaN;
  if (whole >= 0x1p63) {
    if (x == -1) return 1;
    return (std::abs(x) < 1) == (y > 0) ? 0 : kInfinity;
  }
  double result = 1;
  if (fraction != 0) {
    if (fraction > 0.5) {
      --fraction;
      ++whole;
    }
    result = GoExp(fraction * GoLog(x));
  }
  // By squaring; the powers of two are counted apart.
  constexpr int kPowerMax = 1 << 12;
  int power = 0;
  int square_power;
  double square = std::frexp(x, &square_power);
  for (auto rest = static_cast<int64_t>(whole); rest != 0; rest >>= 1) {
    if (square_power < -kPowerMax || square_power > kPowerMax) {
      power += square_power;
      break;
    }
    if ((rest & 1) != 0) {
      result *= square;
      power += square_power;
    }
    square *= square;
    square_power *= 2;
    if (square < 0.5) {
      square += square;
      --square_power;
    }
  }
  if (y < 0) {
    result = 1 / result;
    power = -power;
  }
  return std::ldexp(result, power);
}

}  // namespace

double GoExp(double x) {
  constexpr double kOverflow = 7.09782712893384e+02;
  if (std::isnan(x) || x == kInfinity) return x;
  if (x == -kInfinity) return 0;
  if (x > kOverflow) return kInfinity;
  const double rounded = std::nearbyint(x * std::numbers::log2e);
  if (rounded < -1023 - 52) return 0;
  double r = std::fma(-rounded, 0.69314718055966295651160180568695068359375, x);
  r = std::fma(-rounded, 0.28235290563031577122588448175013436025525412068e-12, r);
  // The series of a sixteenth, squared four times; all without the leading one.
  r *= 0.0625;
  double sum = 2.4801587301587301587e-5;
  for (const double term :
       {1.9841269841269841270e-4, 1.3888888888888888889e-3, 8.3333333333333333333e-3,
        4.1666666666666666667e-2, 1.6666666666666666667e-1, 0.5, 1.0}) {
    sum = std::fma(sum, r, term);
  }
  r *= sum;
  for (int i = 0; i < 3; ++i) r *= r + 2;
  r = std::fma(r, r + 2, 1.0);
  // Not beyond the exponents of doubles, though a rounded one could be.
  return rounded > 1023 ? kInfinity : std::ldexp(r, static_cast<int>(rounded));
}

double GoExp2(double x) {
  if (std::isnan(x) || x == kInfinity) return x;
  if (x == -kInfinity) return 0;
  if (x > 1.0239999999999999e+03) return kInfinity;
  if (x < -1.0740e+03) return 0;
  const int k = x > 0 ? static_cast<int>(x + 0.5) : x < 0 ? static_cast<int>(x - 0.5) : 0;
  const double t = x - k;
  return ScaledExp(t * kLn2High, -t * kLn2Low, k);
}

double GoLog(double x) {
  if (std::isnan(x) || x == kInfinity) return x;
  if (x == 0) return -kInfinity;
  if (x < 0) return kNaN;
  // Not frexp: a denormal number is not normalized.
  const auto bits = std::bit_cast<uint64_t>(x);
  double k = static_cast<double>(static_cast<int>(bits >> 52) - 0x3FE);
  double fraction = std::bit_cast<double>((bits & kMantissaMask) | std::bit_cast<uint64_t>(0.5));
  if (fraction <= std::numbers::sqrt2 / 2) {
    --k;
    fraction *= 2;
  }
  const double f = fraction - 1;
  const double s = f / (2 + f);
  const double s2 = s * s;
  const double s4 = s2 * s2;
  const auto& l = kLogTerms;
  const double odd = s2 * (l[0] + s4 * (l[2] + s4 * (l[4] + s4 * l[6])));
  const double even = s4 * (l[1] + s4 * (l[3] + s4 * l[5]));
  const double half_square = 0.5 * f * f;
  const double sum = half_square + (odd + even);
  return k * kLn2High - ((half_square - (s * sum + k * kLn2Low)) - f);
}

double GoLog1p(double x) {
  constexpr double kSqrt2Minus1 = 4.142135623730950488017e-01;
  constexpr double kSqrt2HalfMinus1 = -2.928932188134524755992e-01;
  if (x < -1 || std::isnan(x)) return kNaN;
  if (x == -1) return -kInfinity;
  if (x == kInfinity) return x;
  const double magnitude = std::abs(x);
  // 1 + x is 2^k (1 + f); `rest` is zero where f is tiny; c corrects the rounding of 1 + x.
  int k = 1;
  double f = 0;
  double c = 0;
  uint64_t rest = 0;
  if (magnitude < kSqrt2Minus1) {
    if (magnitude < 0x1p-54) return x;
    if (magnitude < 0x1p-29) return x - x * x * 0.5;
    if (x > kSqrt2HalfMinus1) {
      k = 0;
      f = x;
      rest = 1;
    }
  }
  if (k != 0) {
    double u = x;
    if (magnitude < 0x1p53) u = 1.0 + x;
    rest = std::bit_cast<uint64_t>(u);
    k = static_cast<int>(rest >> 52) - 1023;
    if (magnitude < 0x1p53) c = (k > 0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
    rest &= kMantissaMask;
    constexpr uint64_t kMantissaOfSqrt2 = 0x0006a09e667f3bcd;
    if (rest < kMantissaOfSqrt2) {
      u = std::bit_cast<double>(rest | std::bit_cast<uint64_t>(1.0));
    } else {
      ++k;
      u = std::bit_cast<double>(rest | std::bit_cast<uint64_t>(0.5));
      rest = (kMantissaMask + 1 - rest) >> 2;
    }
    f = u - 1.0;
  }
  const double half_square = 0.5 * f * f;
  if (rest == 0) {
    if (f == 0) {
      if (k == 0) return 0;
      return k * kLn2High + (c + k * kLn2Low);
    }
    const double r = half_square * (1.0 - 0.66666666666666666 * f);
    if (k == 0) return f - r;
    return k * kLn2High - ((r - (k * kLn2Low + c)) - f);
  }
  const double s = f / (2.0 + f);
  const double z = s * s;
  const auto& l = kLogTerms;
  const double r =
      z * (l[0] + z * (l[1] + z * (l[2] + z * (l[3] + z * (l[4] + z * (l[5] + z * l[6]))))));
  if (k == 0) return f - (half_square - s * (half_square + r));
  return k * kLn2High - ((half_square - (s * (half_square + r) + (k * kLn2Low + c))) - f);
}

double GoLog2(double x) {
  int exponent;
  const double fraction = std::frexp(x, &exponent);
  if (fraction == 0.5) return exponent - 1;  // a power of two
  if (!std::isfinite(x)) exponent = 0;       // which C leaves open
  return GoLog(fraction) * std::numbers::log2e + exponent;
}

double GoLog10(double x) { return GoLog(x) * std::numbers::log10e; }

double GoPow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (y == 1) return x;
  if (std::isnan(x) || std::isnan(y)) return kNaN;
  if (x == 0) {
    if (y < 0) {
      if (std::signbit(x) && IsOdd(y)) return -kInfinity;
      return kInfinity;
    }
    return IsOdd(y) ? x : 0;
  }
  if (std::isinf(y)) {
    if (x == -1) return 1;
    return (std::abs(x) < 1) == (y > 0) ? 0 : kInfinity;
  }
  if (std::isinf(x)) {
    if (x < 0) return GoPow(1 / x, -y);
    return y < 0 ? 0 : kInfinity;
  }
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);
  return PowOfFinite(x, y);
}

}  // namespace varve::query
