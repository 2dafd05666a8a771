// How rate, increase and delta stretch the growth between the first and the last sample of a window
// to the window's edges.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "rate()".
#ifndef QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_
#define QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_

#include <cstddef>
#include <cstdint>

#include "query/engine/windows.h"

namespace varve::query {

enum class Extrapolation { kRate, kIncrease, kDelta };

struct SampledGrowth {
  int64_t first_ms;
  int64_t last_ms;
  uint32_t intervals;  // between the samples
  double first_value;
  double growth;
};

// What the growth is to be multiplied with: it reaches to an edge that the samples come close to,
// else half an interval further, and for counters not below zero.
inline double ExtrapolationFactor(const WindowGrid& grid, size_t step, const SampledGrowth& growth,
                                  Extrapolation kind) {
  const int64_t end_ms = grid.end_ms[step];
  const int64_t start_ms = end_ms - grid.range_ms;
  double to_start = static_cast<double>(growth.first_ms - start_ms) / 1000;
  double to_end = static_cast<double>(end_ms - growth.last_ms) / 1000;
  const double sampled = static_cast<double>(growth.last_ms - growth.first_ms) / 1000;
  const double average_interval = sampled / static_cast<double>(growth.intervals);
  const double threshold = average_interval * 1.1;
  if (to_start >= threshold) to_start = average_interval / 2;
  if (kind != Extrapolation::kDelta && growth.growth > 0 && growth.first_value >= 0) {
    // A counter cannot have been below zero.
    const double to_zero = sampled * (growth.first_value / growth.growth);
    if (to_zero < to_start) to_start = to_zero;
  }
  if (to_end >= threshold) to_end = average_interval / 2;
  double factor = (sampled + to_start + to_end) / sampled;
  if (kind == Extrapolation::kRate) factor /= static_cast<double>(grid.range_ms) / 1000;
  return factor;
}

}  // namespace varve::query

#endif  // QUERY_ENGINE_ROLLUP_EXTRAPOLATION_H_
