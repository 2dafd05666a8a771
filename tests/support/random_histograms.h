// RandomHistograms: a series of native histograms such as senders make them and, now and then, such
// as they do not: layouts that change, floats, gauges, NaNs, stale markers, resets. All of them
// pass ValidateHistogram.
//
// Threads:  one-thread.
#ifndef TESTS_SUPPORT_RANDOM_HISTOGRAMS_H_
#define TESTS_SUPPORT_RANDOM_HISTOGRAMS_H_

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "storage/model/histogram.h"
#include "storage/model/sample.h"

namespace varve::storage {

class RandomHistograms {
 public:
  explicit RandomHistograms(uint64_t seed) : random_(seed) { Begin(); }

  Histogram Next() {
    switch (random_() % 64) {
      case 0:
        return Stale();
      case 1:
        Begin();  // another layout, maybe of another kind
        break;
      case 2:
        positive_.clear();  // a reset
        negative_.clear();
        zero_count_ = 0;
        hint_ = CounterResetHint::kReset;
        break;
      default:
        if (hint_ == CounterResetHint::kReset) hint_ = CounterResetHint::kNotReset;
    }
    const size_t observations = random_() % 20;
    for (size_t i = 0; i < observations; ++i) Observe();
    return Build();
  }

 private:
  void Begin() {
    is_float_ = random_() % 4 == 0;
    schema_ = random_() % 5 == 0 ? kCustomBucketsSchema : static_cast<int32_t>(random_() % 13) - 4;
    hint_ = static_cast<CounterResetHint>(random_() % 4);
    zero_threshold_ = random_() % 2 == 0 ? std::ldexp(1.0, -128) : 0.001 * (random_() % 3);
    center_ = static_cast<int32_t>(random_() % 200) - 100;
    sum_ = 0;
    zero_count_ = 0;
    positive_.clear();
    negative_.clear();
    bounds_.clear();
    if (schema_ != kCustomBucketsSchema) return;
    zero_threshold_ = 0;
    for (size_t i = 0; i < 1 + random_() % 12; ++i) bounds_.push_back(0.005 * (1 << i));
  }

  double Step() { return is_float_ ? static_cast<double>(random_() % 1000) / 7 : 1; }

  void Observe() {
    sum_ += static_cast<double>(random_() % 100'000) / 1000;
    if (!bounds_.empty()) {
      positive_[static_cast<int32_t>(random_() % (bounds_.size() + 1))] += Step();
      return;
    }
    const uint64_t kind = random_() % 16;
    const auto index = center_ + static_cast<int32_t>(random_() % 8 + random_() % 12);
    if (kind == 0) {
      zero_count_ += Step();
    } else {
      (kind == 1 ? negative_ : positive_)[index] += Step();
    }
  }

  static void Fill(const std::map<int32_t, double>& buckets, std::vector<HistogramSpan>* spans,
                   std::vector<double>* counts) {
    int32_t next = 0;
    for (const auto& [index, count] : buckets) {
      if (spans->empty() || index != next) spans->push_back({index - next, 0});
      ++spans->back().length;
      counts->push_back(count);
      next = index + 1;
    }
  }

  Histogram Build() {
    Histogram histogram;
    histogram.reset_hint = hint_;
    histogram.is_float = is_float_;
    histogram.schema = schema_;
    histogram.zero_threshold = zero_threshold_;
    histogram.zero_count = zero_count_;
    histogram.custom_values = bounds_;
    histogram.sum = sum_;
    Fill(positive_, &histogram.positive_spans, &histogram.positive_counts);
    Fill(negative_, &histogram.negative_spans, &histogram.negative_counts);
    histogram.count = zero_count_;
    for (const auto* side : {&histogram.negative_counts, &histogram.positive_counts}) {
      for (const double count : *side) histogram.count += count;
    }
    if (random_() % 16 == 0) {  // observations of NaN
      histogram.sum = std::nan("");
      histogram.count += static_cast<double>(random_() % 3);
    }
    if (is_float_ && random_() % 16 == 0) {
      constexpr double kSpecials[] = {std::numeric_limits<double>::infinity(), -0.0, 1e300, 1e-310};
      histogram.zero_count = bounds_.empty() ? kSpecials[random_() % 4] : -0.0;
    }
    return histogram;
  }

  static Histogram Stale() {
    Histogram histogram;
    histogram.sum = StaleMarker();
    return histogram;
  }

  std::mt19937_64 random_;
  bool is_float_ = false;
  int32_t schema_ = 0;
  int32_t center_ = 0;
  CounterResetHint hint_ = CounterResetHint::kUnknown;
  double zero_threshold_ = 0;
  double zero_count_ = 0;
  double sum_ = 0;
  std::map<int32_t, double> positive_;
  std::map<int32_t, double> negative_;
  std::vector<double> bounds_;
};

}  // namespace varve::storage

#endif  // TESTS_SUPPORT_RANDOM_HISTOGRAMS_H_
