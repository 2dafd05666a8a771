// TimeRange: a half-open interval of time, [begin, end). The unit is the one of the name that holds
// it: `range_ms` for metrics, `range_ns` for logs. API edges convert from inclusive ends.
#ifndef STORAGE_MODEL_TIME_RANGE_H_
#define STORAGE_MODEL_TIME_RANGE_H_

#include <algorithm>
#include <cstdint>
#include <limits>

namespace varve::storage {

struct TimeRange {
  int64_t begin = 0;
  int64_t end = 0;

  // Everything but the last instant that 64 bits can name.
  static constexpr TimeRange All() {
    return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  }
  // [first, last], saturating at the end of time.
  static constexpr TimeRange Inclusive(int64_t first, int64_t last) {
    return {first, last == std::numeric_limits<int64_t>::max() ? last : last + 1};
  }

  bool empty() const { return begin >= end; }
  bool Contains(int64_t t) const { return begin <= t && t < end; }
  bool Overlaps(TimeRange other) const { return begin < other.end && other.begin < end; }
  TimeRange Intersect(TimeRange other) const {
    return {std::max(begin, other.begin), std::min(end, other.end)};
  }
  friend bool operator==(TimeRange, TimeRange) = default;
};

inline constexpr int64_t kMillisecondsPerSecond = 1000;
inline constexpr int64_t kMillisecondsPerHour = 3'600'000;
inline constexpr int64_t kMillisecondsPerDay = 24 * kMillisecondsPerHour;
inline constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

// A range of milliseconds in nanoseconds, as far as 64 bits reach.
inline constexpr TimeRange NanosecondsOf(TimeRange range_ms) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max() / kNanosecondsPerMillisecond;
  const auto scaled = [](int64_t time_ms) {
    if (time_ms > kMax) return std::numeric_limits<int64_t>::max();
    if (time_ms < -kMax) return std::numeric_limits<int64_t>::min();
    return time_ms * kNanosecondsPerMillisecond;
  };
  return {scaled(range_ms.begin), scaled(range_ms.end)};
}

// Division that rounds towards minus infinity, so that days before 1970 are whole too.
inline constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  const int64_t quotient = value / divisor;
  return value % divisor < 0 ? quotient - 1 : quotient;
}

}  // namespace varve::storage

#endif  // STORAGE_MODEL_TIME_RANGE_H_
