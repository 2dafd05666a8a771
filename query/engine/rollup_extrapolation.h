// How rate, increase and delta stretch the growth between the first and the last sample of a window
// to the window's edges.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "rate()".
#ifndef QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_
#define QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "query/engine/windows.h"

namespace varve::query {

enum class Extrapolation { kRate, kIncrease, kDelta };

struct SampledGrowth {
  int64_t first_ms;  // or where the counter began, if that is known
  int64_t last_ms;
  double average_interval;  // of the samples, in seconds; 0 if there is one
  double first_value;
  double growth;
};

// Of the samples [first, end) of a window: when they are, and how far apart.
inline SampledGrowth SamplesOfWindow(std::span<const int64_t> timestamps_ms, uint32_t first,
                                     uint32_t end) {
  const int64_t first_ms = timestamps_ms[first];
  const int64_t last_ms = timestamps_ms[end - 1];
  const double sampled = static_cast<double>(last_ms - first_ms) / 1000;
  const uint32_t intervals = end - 1 - first;
  return {first_ms, last_ms, intervals == 0 ? 0 : sampled / static_cast<double>(intervals), 0, 0};
}

// To an edge that the samples come close to, else half an interval further.
inline WindowReach ReachOf(const WindowGrid& grid, size_t step, const SampledGrowth& growth) {
  const int64_t end_ms = grid.end_ms[step];
  const int64_t start_ms = end_ms - grid.range_ms;
  WindowReach reach;
  reach.sampled = static_cast<double>(growth.last_ms - growth.first_ms) / 1000;
  reach.to_start = static_cast<double>(growth.first_ms - start_ms) / 1000;
  reach.to_end = static_cast<double>(end_ms - growth.last_ms) / 1000;
  const double threshold = growth.average_interval * 1.1;
  if (reach.to_start >= threshold) reach.to_start = growth.average_interval / 2;
  if (reach.to_end >= threshold) reach.to_end = growth.average_interval / 2;
  reach.factor = (reach.sampled + reach.to_start + reach.to_end) / reach.sampled;
  return reach;
}

// What the growth is to be multiplied with: a counter was not below zero at the window's start.
inline double ExtrapolationFactor(const WindowReach& reach, int64_t range_ms, double first_value,
                                  double growth, Extrapolation kind) {
  double factor = reach.factor;
  if (kind != Extrapolation::kDelta && growth > 0 && first_value >= 0) {
    // Nearly all counters have been far from zero: then two products tell it without a division.
    constexpr double kSlack = 1 + 1e-12;
    constexpr double kTiny = 1e-290;
    const double zero = reach.sampled * first_value;
    if (!(zero > reach.to_start * growth * kSlack && zero > kTiny)) {
      const double to_zero = reach.sampled * (first_value / growth);
      if (to_zero < reach.to_start) {
        factor = (reach.sampled + to_zero + reach.to_end) / reach.sampled;
      }
    }
  }
  if (kind == Extrapolation::kRate) factor /= static_cast<double>(range_ms) / 1000;
  return factor;
}

inline double ExtrapolationFactor(const WindowGrid& grid, size_t step, const SampledGrowth& growth,
                                  Extrapolation kind) {
  return ExtrapolationFactor(ReachOf(grid, step, growth), grid.range_ms, growth.first_value,
                             growth.growth, kind);
}

}  // namespace varve::query

#endif  // QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_
