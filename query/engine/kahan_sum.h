// Compensated summation (Kahan, improved by Neumaier), in the steps Prometheus does it.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_KAHAN_SUM_H_
#define QUERY_ENGINE_KAHAN_SUM_H_

#include <cmath>

namespace varve::query {

// Adds `increment` to a running sum whose lost low-order part is `*compensation`.
inline void KahanAdd(double increment, double* sum, double* compensation) {
  const double total = *sum + increment;
  if (std::isinf(total)) {
    *compensation = 0;
  } else if (std::abs(*sum) >= std::abs(increment)) {
    *compensation += (*sum - total) + increment;
  } else {
    *compensation += (increment - total) + *sum;
  }
  *sum = total;
}

// A mean that is summed up as long as the sum fits a double, and then goes on as a running mean.
class KahanMean {
 public:
  void Add(double value) {
    ++count_;
    if (count_ == 1) {
      sum_ = value;
      return;
    }
    if (!incremental_) {
      double sum = sum_;
      double compensation = compensation_;
      KahanAdd(value, &sum, &compensation);
      if (!std::isinf(sum)) {
        sum_ = sum;
        compensation_ = compensation;
        return;
      }
      incremental_ = true;
      sum_ = sum_ / (count_ - 1);
      compensation_ = compensation_ / (count_ - 1);
    }
    const double weight = (count_ - 1) / count_;
    sum_ *= weight;
    compensation_ *= weight;
    KahanAdd(value / count_, &sum_, &compensation_);
  }
  double Mean() const {
    return incremental_ ? sum_ + compensation_ : sum_ / count_ + compensation_ / count_;
  }

 private:
  double count_ = 0;
  double sum_ = 0;  // the mean once incremental_
  double compensation_ = 0;
  bool incremental_ = false;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_KAHAN_SUM_H_
