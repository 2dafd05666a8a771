// DecimalAccumulator: arithmetic on the decimal numbers that floats are printed as, without the
// errors of binary fractions: 0.1 + 0.2 is 0.3.
//
// Threads:  one thread.
// Source:   sprig's addf, subf, mulf and divf compute with such decimals; a quotient has 16 places.
#ifndef QUERY_TEMPLATE_DECIMAL_H_
#define QUERY_TEMPLATE_DECIMAL_H_

#include <memory>

namespace varve::query {

class DecimalAccumulator {
 public:
  // REQUIRES: finite numbers.
  explicit DecimalAccumulator(double value);
  ~DecimalAccumulator();
  DecimalAccumulator(const DecimalAccumulator&) = delete;
  DecimalAccumulator& operator=(const DecimalAccumulator&) = delete;

  void Add(double addend);
  void Subtract(double subtrahend);
  void Multiply(double factor);
  // REQUIRES: divisor != 0.
  void Divide(double divisor);
  double ToDouble() const;

 private:
  struct Number;
  std::unique_ptr<Number> number_;
};

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_DECIMAL_H_
