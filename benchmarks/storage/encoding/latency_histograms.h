// LatencyHistograms: a series of native histograms as an instrumented service has it: request
// durations of a log-normal distribution, scraped every 15 s, counts that only grow.
#ifndef BENCHMARKS_STORAGE_ENCODING_LATENCY_HISTOGRAMS_H_
#define BENCHMARKS_STORAGE_ENCODING_LATENCY_HISTOGRAMS_H_

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "storage/model/histogram.h"

namespace varve::storage {

class LatencyHistograms {
 public:
  // Between one and some hundred requests a scrape, by the seed.
  explicit LatencyHistograms(uint64_t seed) : random_(seed) {
    requests_per_scrape_ = std::exp(static_cast<double>(random_() % 550) / 100);
    median_seconds_ = 0.001 * std::exp(static_cast<double>(random_() % 500) / 100);
    spread_ = 0.4 + static_cast<double>(random_() % 60) / 100;
  }

  Histogram Next() {
    std::lognormal_distribution<double> seconds(std::log(median_seconds_), spread_);
    const int requests = std::poisson_distribution<int>(requests_per_scrape_)(random_);
    for (int i = 0; i < requests; ++i) {
      const double value = seconds(random_);
      // Bucket i of schema 3 is (2^((i - 1) / 8), 2^(i / 8)].
      ++buckets_[static_cast<int32_t>(std::ceil(std::log2(value) * 8))];
      sum_ += value;
      ++count_;
    }
    return Build();
  }

 private:
  // Gaps of up to two empty buckets are bridged, as clients do.
  Histogram Build() const {
    Histogram histogram;
    histogram.schema = 3;
    histogram.zero_threshold = std::ldexp(1.0, -128);
    histogram.count = count_;
    histogram.sum = sum_;
    int32_t next = 0;
    for (const auto& [index, count] : buckets_) {
      std::vector<HistogramSpan>& spans = histogram.positive_spans;
      if (spans.empty() || index - next > 2) spans.push_back({index - next, 0});
      for (; !histogram.positive_counts.empty() && index > next && index - next <= 2; ++next) {
        histogram.positive_counts.push_back(0);
        ++spans.back().length;
      }
      histogram.positive_counts.push_back(count);
      ++spans.back().length;
      next = index + 1;
    }
    return histogram;
  }

  std::mt19937_64 random_;
  double requests_per_scrape_ = 0;
  double median_seconds_ = 0;
  double spread_ = 0;
  double count_ = 0;
  double sum_ = 0;
  std::map<int32_t, double> buckets_;
};

inline std::vector<HistogramPtr> LatencySeries(uint64_t seed, size_t count) {
  LatencyHistograms source(seed);
  std::vector<HistogramPtr> histograms;
  for (size_t i = 0; i < count; ++i) {
    histograms.push_back(std::make_shared<const Histogram>(source.Next()));
  }
  return histograms;
}

}  // namespace varve::storage

#endif  // BENCHMARKS_STORAGE_ENCODING_LATENCY_HISTOGRAMS_H_
