// Columns of values as monitored systems produce them, for benchmarks of the codecs.
#ifndef BENCHMARKS_STORAGE_ENCODING_SAMPLE_COLUMNS_H_
#define BENCHMARKS_STORAGE_ENCODING_SAMPLE_COLUMNS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

namespace varve::storage {

enum class ColumnFamily {
  kCounterStep0To20,
  kCounterIdle90Percent,
  kCounterConstantStep,
  kBytesCounter,
  kCpuSecondsTwoDecimals,
  kGaugeTwoDecimals,
  kIntegerWalk0To100,
  kMemory4096Multiples,
  kFullPrecisionWalk,
  kLatencySum,
  kUpFlipping2Percent,
};
inline constexpr int kColumnFamilyCount = 11;

inline constexpr std::string_view kColumnFamilyNames[kColumnFamilyCount] = {
    "counter_step_0_to_20", "counter_idle_90_percent", "counter_constant_step",
    "bytes_counter",        "cpu_seconds_2_decimals",  "gauge_2_decimals",
    "integer_walk_0_100",   "memory_4096_multiples",   "full_precision_walk",
    "latency_sum",          "up_flipping_2_percent"};

inline std::vector<double> SampleColumn(ColumnFamily family, size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](uint64_t end) { return static_cast<double>(random() % end); };
  std::normal_distribution<double> normal;
  std::exponential_distribution<double> exponential;
  std::vector<double> values;
  double level = family == ColumnFamily::kIntegerWalk0To100    ? below(101)
                 : family == ColumnFamily::kGaugeTwoDecimals   ? 5000
                 : family == ColumnFamily::kFullPrecisionWalk  ? 100
                 : family == ColumnFamily::kUpFlipping2Percent ? 1
                                                               : std::floor(below(1'000'000));
  for (size_t i = 0; i < count; ++i) {
    switch (family) {
      case ColumnFamily::kCounterStep0To20:
        level += below(21);
        break;
      case ColumnFamily::kCounterIdle90Percent:
        if (random() % 10 == 0) level += 1 + below(20);
        break;
      case ColumnFamily::kCounterConstantStep:
        level += 15;
        break;
      case ColumnFamily::kBytesCounter:
        level += std::round(1e5 + 2e4 * normal(random));
        break;
      case ColumnFamily::kCpuSecondsTwoDecimals:
        level += std::fabs(std::round(700 + 150 * normal(random)));  // hundredths
        break;
      case ColumnFamily::kGaugeTwoDecimals:
        level += std::round(40 * normal(random));  // hundredths
        break;
      case ColumnFamily::kIntegerWalk0To100:
        level = std::fmin(100, std::fmax(0, std::round(level + normal(random))));
        break;
      case ColumnFamily::kMemory4096Multiples:
        level += std::round(120 * normal(random));  // pages
        break;
      case ColumnFamily::kFullPrecisionWalk:
        level += normal(random);
        break;
      case ColumnFamily::kLatencySum:
        level += 0.05 * exponential(random) * below(10);
        break;
      case ColumnFamily::kUpFlipping2Percent:
        if (random() % 50 == 0) level = 1 - level;
        break;
    }
    const bool hundredths =
        family == ColumnFamily::kCpuSecondsTwoDecimals || family == ColumnFamily::kGaugeTwoDecimals;
    const bool pages = family == ColumnFamily::kMemory4096Multiples;
    values.push_back(hundredths ? level / 100 : pages ? level * 4096 : level);
  }
  return values;
}

}  // namespace varve::storage

#endif  // BENCHMARKS_STORAGE_ENCODING_SAMPLE_COLUMNS_H_
