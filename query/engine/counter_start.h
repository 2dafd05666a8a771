// What start timestamps say of a counter: where counting began anew, and whether they contradict
// each other.
//
// A start timestamp between two samples is a reset to zero, whatever their values are; one inside a
// window but before its first sample is a sample of zero.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "Feature flags", use-start-timestamps; OpenTelemetry metrics
//           data model, "Resets and gaps".
#ifndef QUERY_ENGINE_COUNTER_START_H_
#define QUERY_ENGINE_COUNTER_START_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "query/engine/windows.h"

namespace varve::query {

// The samples of a series; `starts_ms` has 0 for a sample without a start timestamp and is empty
// where none has one.
struct CounterStarts {
  std::span<const int64_t> starts_ms;
  std::span<const int64_t> timestamps_ms;

  // Whether the counter began anew between the samples `i - 1` and `i`.
  bool StartsAnew(size_t i) const {
    if (starts_ms.empty()) return false;
    const int64_t start_ms = starts_ms[i];
    const int64_t before_ms = timestamps_ms[i - 1];
    if (start_ms == 0 || start_ms >= timestamps_ms[i] || start_ms < before_ms) return false;
    if (start_ms > before_ms) return true;
    // It begins where the last sample was: a delta after a delta, but after a sample without a
    // start of its own a cumulative counter whose true beginning is unknown.
    const int64_t earlier_start_ms = starts_ms[i - 1];
    return earlier_start_ms != 0 && earlier_start_ms < before_ms;
  }

  // Whether the counter was zero at the start of sample `i`, the first of a window that begins at
  // `window_start_ms`.
  bool StartsInWindow(size_t i, int64_t window_start_ms) const {
    if (starts_ms.empty()) return false;
    const int64_t start_ms = starts_ms[i];
    return start_ms != 0 && start_ms > window_start_ms && start_ms < timestamps_ms[i];
  }

  // Whether in some window a sample says that it began before the sample that precedes it, without
  // being of the same beginning.
  bool Overlap(const WindowBounds& windows) const;
};

}  // namespace varve::query

#endif  // QUERY_ENGINE_COUNTER_START_H_
