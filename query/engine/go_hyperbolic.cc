// Hyperbolic functions and their inverses of go_math.h.
#include <cmath>
#include <limits>
#include <numbers>

#include "query/engine/go_math.h"

namespace varve::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kLarge = 0x1p28;
constexpr double kNearZero = 0x1p-28;

}  // namespace

double GoSinh(double x) {
  const double z = x < 0 ? -x : x;  // which leaves -0 as it is
  double result;
  if (z > 21) {
    result = GoExp(z) * 0.5;
  } else if (z > 0.5) {
    const double e = GoExp(z);
    result = (e - 1 / e) * 0.5;
  } else {
    const double s = z * z;
    result = (((-0.2630563213397497062819489e+2 * s + -0.2894211355989563807284660366e+4) * s +
               -0.8991272022039509355398013511e+5) *
                  s +
              -0.6307673640497716991184787251e+6) *
             z;
    result =
        result /
        (((s + -0.173678953558233699533450911e+3) * s + 0.1521517378790019070696485176e+5) * s +
         -0.6307673640497716991212077277e+6);
  }
  return x < 0 ? -result : result;
}

double GoCosh(double x) {
  const double z = std::abs(x);
  if (z > 21) return GoExp(z) * 0.5;
  const double e = GoExp(z);
  return (e + 1 / e) * 0.5;
}

double GoTanh(double x) {
  constexpr double kLogOfMax = 8.8029691931113054295988e+01;  // ln 2^127
  const double z = std::abs(x);
  if (z > 0.5 * kLogOfMax) return x < 0 ? -1 : 1;
  if (z >= 0.625) {
    const double s = GoExp(2 * z);
    const double result = 1 - 2 / (s + 1);
    return x < 0 ? -result : result;
  }
  if (x == 0) return x;
  const double s = x * x;
  const double numerator =
      (-9.64399179425052238628e-1 * s + -9.92877231001918586564e1) * s + -1.61468768441708447952e3;
  const double denominator = ((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s +
                             4.84406305325125486048e3;
  return x + x * s * numerator / denominator;
}

double GoAsinh(double x) {
  if (std::isnan(x) || std::isinf(x)) return x;
  const double z = x < 0 ? -x : x;  // which leaves -0 as it is
  double result;
  if (z > kLarge) {
    result = GoLog(z) + std::numbers::ln2;
  } else if (z > 2) {
    result = GoLog(2 * z + 1 / (std::sqrt(z * z + 1) + z));
  } else if (z < kNearZero) {
    result = z;
  } else {
    result = GoLog1p(z + z * z / (1 + std::sqrt(1 + z * z)));
  }
  return x < 0 ? -result : result;
}

double GoAcosh(double x) {
  if (x < 1 || std::isnan(x)) return kNaN;
  if (x == 1) return 0;
  if (x >= kLarge) return GoLog(x) + std::numbers::ln2;
  if (x > 2) return GoLog(2 * x - 1 / (x + std::sqrt(x * x - 1)));
  const double t = x - 1;
  return GoLog1p(t + std::sqrt(2 * t + t * t));
}

double GoAtanh(double x) {
  if (x < -1 || x > 1 || std::isnan(x)) return kNaN;
  if (x == 1) return kInfinity;
  if (x == -1) return -kInfinity;
  const double z = x < 0 ? -x : x;  // which leaves -0 as it is
  double result;
  if (z < kNearZero) {
    result = z;
  } else if (z < 0.5) {
    const double twice = z + z;
    result = 0.5 * GoLog1p(twice + twice * z / (1 - z));
  } else {
    result = 0.5 * GoLog1p((z + z) / (1 - z));
  }
  return x < 0 ? -result : result;
}

}  // namespace varve::query
