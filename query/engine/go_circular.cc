// Circular functions and their inverses of go_math.h.
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "query/engine/go_math.h"

namespace varve::query {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kThreeQuarterPi = 2.35619449019234492884698253745962716;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// pi / 4 in three parts with trailing zeros, so that whole multiples of the first two are exact.
constexpr double kQuarterPiHigh = 7.85398125648498535156e-1;
constexpr double kQuarterPiMiddle = 3.77489470793079817668e-8;
constexpr double kQuarterPiLow = 2.69515142907905952645e-15;
constexpr double kFourOverPiRounded = 1.27323954473516268615107010698140931;
// From here on those do not suffice.
constexpr double kReduceByDigits = 0x1p29;

// The binary digits of 4 / pi: a whole part, then the fraction.
constexpr uint64_t kFourOverPi[20] = {
    0x0000000000000001, 0x45f306dc9c882a53, 0xf84eafa3ea69bb81, 0xb6c52b3278872083,
    0xfca2c757bd778ac3, 0x6e48dc74849ba5c0, 0x0c925dd413a32439, 0xfc3bd63962534e7d,
    0xd1046bea5d768909, 0xd338e04d68befc82, 0x7323ac7306a673e9, 0x3908bf177bf25076,
    0x3ff12fffbc0b301f, 0xde5e2316b414da3e, 0xda6cfd9e4f96136e, 0x9e8c7ecd3cbfd45a,
    0xea4f758fd7cbe2f6, 0x7a0e73ef14a525d4, 0xd7f6bf623f1aba10, 0xac06608df8f6d757};

// An angle >= 0 as `octant` * pi / 4 + `rest`, with an even octant of 0 to 7 and |rest| <= pi / 4.
struct Reduced {
  uint64_t octant;
  double rest;
};

// Payne and Hanek: x * 4 / pi modulo 8, of which only 192 bits of the factor matter.
Reduced ReduceByDigits(double x) {
  constexpr int kMantissaBits = 52;
  constexpr int kBias = 1023;
  auto mantissa = std::bit_cast<uint64_t>(x);
  const int exponent = static_cast<int>(mantissa >> kMantissaBits & 0x7FF) - kBias - kMantissaBits;
  mantissa &= (uint64_t{1} << kMantissaBits) - 1;
  mantissa |= uint64_t{1} << kMantissaBits;
  const auto digit = static_cast<unsigned>(exponent + 61) / 64;
  const auto shift = static_cast<unsigned>(exponent + 61) % 64;
  const auto digits_at = [shift](const uint64_t* at) {
    return shift == 0 ? at[0] : at[0] << shift | at[1] >> (64 - shift);
  };
  __extension__ using Wide = unsigned __int128;
  const uint64_t z0 = digits_at(kFourOverPi + digit);
  const uint64_t z1 = digits_at(kFourOverPi + digit + 1);
  const uint64_t z2 = digits_at(kFourOverPi + digit + 2);
  const Wide product = (static_cast<Wide>(z0 * mantissa) << 64) + static_cast<Wide>(z1) * mantissa +
                       (static_cast<Wide>(z2) * mantissa >> 64);
  uint64_t high = static_cast<uint64_t>(product >> 64);
  const auto low = static_cast<uint64_t>(product);
  uint64_t octant = high >> 61;
  high = high << 3 | low >> 61;
  const int zeros = std::countl_zero(high) + 1;
  const uint64_t biased = static_cast<uint64_t>(kBias - zeros);
  high = (zeros < 64 ? high << zeros : 0) | low >> (64 - zeros);
  high >>= 64 - kMantissaBits;
  double rest = std::bit_cast<double>(high | biased << kMantissaBits);
  if ((octant & 1) != 0) {
    octant = (octant + 1) & 7;
    --rest;
  }
  return {octant, rest * (kPi / 4)};
}

Reduced Reduce(double x) {
  if (x >= kReduceByDigits) return ReduceByDigits(x);
  auto octant = static_cast<uint64_t>(x * kFourOverPiRounded);
  octant += octant & 1;
  const auto y = static_cast<double>(octant);
  return {octant & 7, ((x - y * kQuarterPiHigh) - y * kQuarterPiMiddle) - y * kQuarterPiLow};
}

// Of angles within pi / 4 of zero.
double SmallSin(double z) {
  const double zz = z * z;
  return z + z * zz *
                 ((((((1.58962301576546568060e-10 * zz) + -2.50507477628578072866e-8) * zz +
                     2.75573136213857245213e-6) *
                        zz +
                    -1.98412698295895385996e-4) *
                       zz +
                   8.33333333332211858878e-3) *
                      zz +
                  -1.66666666666666307295e-1);
}

double SmallCos(double z) {
  const double zz = z * z;
  return 1.0 - 0.5 * zz +
         zz * zz *
             ((((((-1.13585365213876817300e-11 * zz) + 2.08757008419747316778e-9) * zz +
                 -2.75573141792967388112e-7) *
                    zz +
                2.48015872888517045348e-5) *
                   zz +
               -1.38888888888730564116e-3) *
                  zz +
              4.16666666666665929218e-2);
}

// Of [0, 0.66].
double SmallAtan(double x) {
  double z = x * x;
  z = z *
      ((((-8.750608600031904122785e-01 * z + -1.615753718733365076637e+01) * z +
         -7.500855792314704667340e+01) *
            z +
        -1.228866684490136173410e+02) *
           z +
       -6.485021904942025371773e+01) /
      (((((z + 2.485846490142306297962e+01) * z + 1.650270098316988542046e+02) * z +
         4.328810604912902668951e+02) *
            z +
        4.853903996359136964868e+02) *
           z +
       1.945506571482613964425e+02);
  return x * z + x;
}

double PositiveAtan(double x) {
  constexpr double kMoreBits = 6.123233995736765886130e-17;  // pi / 2 beyond a double
  constexpr double kTanOf3PiOver8 = 2.41421356237309504880;
  if (x <= 0.66) return SmallAtan(x);
  if (x > kTanOf3PiOver8) return kPi / 2 - SmallAtan(1 / x) + kMoreBits;
  return kPi / 4 + SmallAtan((x - 1) / (x + 1)) + 0.5 * kMoreBits;
}

}  // namespace

double GoSin(double x) {
  if (x == 0 || std::isnan(x)) return x;
  if (std::isinf(x)) return kNaN;
  const Reduced angle = Reduce(std::abs(x));
  const double result = (angle.octant & 2) != 0 ? SmallCos(angle.rest) : SmallSin(angle.rest);
  return (x < 0) != (angle.octant > 3) ? -result : result;
}

double GoCos(double x) {
  if (!std::isfinite(x)) return kNaN;
  const Reduced angle = Reduce(std::abs(x));
  const double result = (angle.octant & 2) != 0 ? SmallSin(angle.rest) : SmallCos(angle.rest);
  return angle.octant == 2 || angle.octant == 4 ? -result : result;
}

double GoTan(double x) {
  if (x == 0 || std::isnan(x)) return x;
  if (std::isinf(x)) return kNaN;
  const Reduced angle = Reduce(std::abs(x));
  const double z = angle.rest;
  const double zz = z * z;
  double result = z;
  if (zz > 1e-14) {
    result = z + z * (zz *
                      (((-1.30936939181383734205e4 * zz) + 1.15351664838587416140e6) * zz +
                       -1.79565251976484877988e7) /
                      ((((zz + 1.36812963470692954678e4) * zz + -1.32089234440210967447e6) * zz +
                        2.50083801823357915839e7) *
                           zz +
                       -5.38695755929454629881e7));
  }
  if ((angle.octant & 2) != 0) result = -1 / result;
  return x < 0 ? -result : result;
}

double GoAsin(double x) {
  if (x == 0) return x;
  const double z = std::abs(x);
  if (!(z <= 1)) return kNaN;
  const double other = std::sqrt(1 - z * z);
  const double result = z > 0.7 ? kPi / 2 - PositiveAtan(other / z) : PositiveAtan(z / other);
  return x < 0 ? -result : result;
}

double GoAcos(double x) { return kPi / 2 - GoAsin(x); }

double GoAtan(double x) {
  if (x == 0) return x;
  return x > 0 ? PositiveAtan(x) : -PositiveAtan(-x);
}

double GoAtan2(double y, double x) {
  if (std::isnan(y) || std::isnan(x)) return kNaN;
  if (y == 0) return std::copysign(x > 0 || (x == 0 && !std::signbit(x)) ? 0 : kPi, y);
  if (x == 0) return std::copysign(kPi / 2, y);
  if (std::isinf(x)) {
    if (std::isinf(y)) return std::copysign(x > 0 ? kPi / 4 : kThreeQuarterPi, y);
    return std::copysign(x > 0 ? 0 : kPi, y);
  }
  if (std::isinf(y)) return std::copysign(kPi / 2, y);
  const double q = GoAtan(y / x);
  if (x > 0) return q;
  return q <= 0 ? q + kPi : q - kPi;
}

}  // namespace varve::query
