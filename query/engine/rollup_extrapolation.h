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

// What the growth is to be multiplied with: it reaches to an edge that the samples come close to,
// else half an interval further, and for counters not below zero.
inline double ExtrapolationFactor(const WindowGrid& grid, size_t step, const SampledGrowth& growth,
                                  Extrapolation kind) {
  const int64_t end_ms = grid.end_ms[step];
  const int64_t start_ms = end_ms - grid.range_ms;
  double to_start = static_cast<double>(growth.first_ms - start_ms) / 1000;
  double to_end = static_cast<double>(end_ms - growth.last_ms) / 1000;
  const double sampled = static_cast<double>(growth.last_ms - growth.first_ms) / 1000;
  const double threshold = growth.average_interval * 1.1;
  if (to_start >= threshold) to_start = growth.average_interval / 2;
  if (kind != Extrapolation::kDelta && growth.growth > 0 && growth.first_value >= 0) {
    // A counter cannot have been below zero.
    const double to_zero = sampled * (growth.first_value / growth.growth);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = growth.average_interval / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (kind == Extrapolation::kRate) factor /= static_cast<double>(grid.range_ms) / 1000;
  return factor;
}

}  // namespace varve::query

#endif  // QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_
