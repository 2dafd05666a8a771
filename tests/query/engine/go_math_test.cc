// The elementary functions of Go: what Prometheus 3.5 answered on amd64, where the C library says
// something else, and that they are what their names say.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string_view>

#include "doctest/doctest.h"
#include "query/engine/go_math.h"

namespace varve::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Function {
  const char* name;
  double (*go)(double);
  double (*c)(double);
};

const Function kFunctions[] = {
    {"acos", GoAcos, std::acos},    {"acosh", GoAcosh, std::acosh}, {"asin", GoAsin, std::asin},
    {"asinh", GoAsinh, std::asinh}, {"atan", GoAtan, std::atan},    {"atanh", GoAtanh, std::atanh},
    {"cos", GoCos, std::cos},       {"cosh", GoCosh, std::cosh},    {"exp", GoExp, std::exp},
    {"exp2", GoExp2, std::exp2},    {"ln", GoLog, std::log},        {"log10", GoLog10, std::log10},
    {"log1p", GoLog1p, std::log1p}, {"log2", GoLog2, std::log2},    {"sin", GoSin, std::sin},
    {"sinh", GoSinh, std::sinh},    {"tan", GoTan, std::tan},       {"tanh", GoTanh, std::tanh}};

const Function& FunctionOf(std::string_view name) {
  for (const Function& function : kFunctions) {
    if (function.name == name) return function;
  }
  FAIL("no function " << name);
  return kFunctions[0];
}

bool SameBits(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) ||
         std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

double RelativeDifference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  return std::abs(a - b) / std::max(std::abs(a), std::abs(b));
}

TEST_SUITE("query/engine/go_math") {
  TEST_CASE("they answer what Prometheus answers, to the last bit") {
    struct Answer {
      const char* function;
      double x;
      double wanted;
    };
    const Answer answers[] = {
        {"acos", 0.2433, 1.325029686294756},
        {"acos", 0.8761, 0.5030836733407993},
        {"acosh", 192.334, 5.95237386637908},
        {"acosh", 97.651, 5.274520860235727},
        {"asin", 0.2964, 0.30092105642840666},
        {"asin", 0.3399, 0.34681056471834415},
        {"asinh", -10.959, -3.0893833515264433},
        {"asinh", -22.687, -3.815424620136529},
        {"atan", 29.33, 1.5367147452987542},
        {"atan", -27.814, -1.5348586889749292},
        {"atanh", 0.703, 0.8732072709299943},
        {"atanh", 0.1942, 0.1966981056778226},
        {"cos", 25.166, 0.9994469780461491},
        {"cos", -28.678, -0.919627154010776},
        {"cos", 1790856753.7, -0.18207121326908368},
        {"cos", 1.7e308, 0.803536056087918},
        {"cosh", -14.855, 1413886.4518775148},
        {"cosh", -710, kInfinity},
        {"exp", -21.843, 3.263665433773188e-10},
        {"exp", 19.783, 390524005.8490581},
        {"exp", -740, 4.2e-322},
        {"exp", -750, 0},
        {"exp", 710, kInfinity},
        {"ln", 173.245, 5.154706777624694},
        {"ln", 3.384, 1.219058441743977},
        {"ln", 5e-324, -709.0895657128241},
        {"ln", 1e-310, -709.0850815488945},
        {"log10", 58.274, 1.7654748296279092},
        {"log10", 132.753, 2.123044344207172},
        {"log10", 5e-324, -307.9536855642528},
        {"log2", 67.338, 6.073348967331052},
        {"log2", 128.799, 7.0089775821353175},
        {"log2", 5e-324, -1074},
        {"sin", 21.515, 0.4583595647903504},
        {"sin", 23.785, -0.9752261831395149},
        {"sin", 1687942785.9, 0.20149376010620879},
        {"sin", 1e300, -0.8178819121159087},
        {"sinh", 0.843, 0.946454589589699},
        {"sinh", 0.239, 0.24128182710557425},
        {"sinh", 710, kInfinity},
        {"sinh", -0.0, -0.0},
        {"tan", -11.989, 0.6514168648228805},
        {"tan", 1642895238.2, 1.2348999022689213},
        {"tanh", -0.65, -0.5716699660851172},
        {"tanh", 0.61, 0.5441270988535675},
    };
    for (const auto& [function, x, wanted] : answers) {
      CAPTURE(function);
      CAPTURE(x);
      CHECK(SameBits(FunctionOf(function).go(x), wanted));
    }
    CHECK(SameBits(GoPow(11.834, 1.09), 14.781326353412211));
    CHECK(SameBits(GoPow(24.916, 11.25), 5133116544394223));
    CHECK(SameBits(GoPow(44.379, -10.61), 3.3376946146035976e-18));
    CHECK(SameBits(GoAtan2(13.407, 4.08), 1.2753822021446033));
    CHECK(SameBits(GoAtan2(-23.982, 10.57), -1.1556635966297875));
    CHECK(SameBits(GoAtan2(-4.841, 14.88), -0.3145357890182018));
  }

  TEST_CASE("at the limits of their domains they are those of C, but for the overflow and log") {
    for (const Function& function : kFunctions) {
      for (const double x : {0.0, -0.0, 1.0, -1.0, kInfinity, -kInfinity, kNaN, 2e-300, -3.0}) {
        CAPTURE(function.name);
        CAPTURE(x);
        if (std::string_view(function.name) == "cos" && std::isinf(x)) {
          CHECK(std::isnan(function.go(x)));
        } else {
          CHECK(RelativeDifference(function.go(x), function.c(x)) < 1e-14);
        }
      }
    }
    const double limits[] = {0.0, -0.0,      1.0,        -1.0, 2.0,  -2.0,  0.5,     -0.5,
                             3.0, kInfinity, -kInfinity, kNaN, 1e19, -1e19, 1e308,   3e-308,
                             0.9, -0.9,      -1e-5,      -3.0, -7.5, 1e300, -1e-300, 4.0};
    for (const double x : limits) {
      for (const double y : limits) {
        CAPTURE(x);
        CAPTURE(y);
        CHECK(RelativeDifference(GoPow(x, y), std::pow(x, y)) < 1e-12);
        CHECK(RelativeDifference(GoAtan2(x, y), std::atan2(x, y)) < 1e-14);
        if (!std::isnan(GoPow(x, y))) {
          CHECK(std::signbit(GoPow(x, y)) == std::signbit(std::pow(x, y)));
        }
      }
    }
  }

  TEST_CASE("everywhere else they are close to those of C") {
    const uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> exponent(-40, 9);
    for (int i = 0; i < 20000; ++i) {
      const double magnitude = std::exp2(exponent(random));
      const double x = i % 2 == 0 ? magnitude : -magnitude;
      CAPTURE(x);
      for (const Function& function : kFunctions) {
        CAPTURE(function.name);
        const double got = function.go(x);
        const double wanted = function.c(x);
        // Near a zero of the function the error is that of the reduced angle.
        const bool close = std::abs(got - wanted) < 1e-15 * std::max(1.0, std::abs(x));
        CHECK((close || RelativeDifference(got, wanted) < 1e-13));
      }
    }
  }
}

}  // namespace
}  // namespace varve::query
