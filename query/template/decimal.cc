#include "query/template/decimal.h"

#ifndef __clang__
// GCC 12 warns of copies beyond a small integer's end that cannot be.
#pragma GCC diagnostic ignored "-Warray-bounds"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#endif
#include <boost/multiprecision/cpp_int.hpp>
#include <charconv>
#include <cstdlib>
#include <string>

#include "query/template/float_format.h"

namespace varve::query {
namespace {

using boost::multiprecision::cpp_int;

constexpr int kQuotientPlaces = 16;

cpp_int PowerOfTen(int exponent) {
  return boost::multiprecision::pow(cpp_int(10), static_cast<unsigned>(exponent));
}

}  // namespace

// digits * 10^exponent
struct DecimalAccumulator::Number {
  cpp_int digits;
  int exponent = 0;

  static Number Of(double value) {
    Number number;
    const std::string text = FormatGoFloat(value, 'e', -1);
    const size_t e = text.find('e');
    std::string digits;
    int places = 0;
    bool behind_point = false;
    for (const char c : text.substr(0, e)) {
      if (c == '.') {
        behind_point = true;
        continue;
      }
      digits.push_back(c);
      if (behind_point) ++places;
    }
    number.digits = cpp_int(digits);
    number.exponent = std::atoi(text.c_str() + e + 1) - places;
    return number;
  }

  // Gives both the smaller exponent.
  static void Align(Number* a, Number* b) {
    Number* larger = a->exponent > b->exponent ? a : b;
    const int exponent = std::min(a->exponent, b->exponent);
    larger->digits *= PowerOfTen(larger->exponent - exponent);
    larger->exponent = exponent;
  }
};

DecimalAccumulator::DecimalAccumulator(double value)
    : number_(std::make_unique<Number>(Number::Of(value))) {}
DecimalAccumulator::~DecimalAccumulator() = default;

void DecimalAccumulator::Add(double addend) {
  Number other = Number::Of(addend);
  Number::Align(number_.get(), &other);
  number_->digits += other.digits;
}

void DecimalAccumulator::Subtract(double subtrahend) { Add(-subtrahend); }

void DecimalAccumulator::Multiply(double factor) {
  const Number other = Number::Of(factor);
  number_->digits *= other.digits;
  number_->exponent += other.exponent;
}

void DecimalAccumulator::Divide(double divisor) {
  Number other = Number::Of(divisor);
  // number / other in units of 10^-16, rounded half away from zero.
  const int shift = number_->exponent - other.exponent + kQuotientPlaces;
  cpp_int dividend = number_->digits;
  if (shift >= 0) {
    dividend *= PowerOfTen(shift);
  } else {
    other.digits *= PowerOfTen(-shift);
  }
  cpp_int quotient = 0;
  cpp_int remainder = 0;
  boost::multiprecision::divide_qr(dividend, other.digits, quotient, remainder);
  if (2 * abs(remainder) >= abs(other.digits)) {
    quotient += (dividend < 0) != (other.digits < 0) ? -1 : 1;
  }
  number_->digits = quotient;
  number_->exponent = -kQuotientPlaces;
}

double DecimalAccumulator::ToDouble() const {
  const std::string text = number_->digits.str() + "e" + std::to_string(number_->exponent);
  return std::strtod(text.c_str(), nullptr);
}

}  // namespace varve::query
