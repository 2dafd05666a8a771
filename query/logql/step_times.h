// StepTimes: the steps of a metric query in nanoseconds, and which of them a log entry counts for.
//
// Threads:  StepTimes: a value; StepLocator: one thread.
#ifndef QUERY_LOGQL_STEP_TIMES_H_
#define QUERY_LOGQL_STEP_TIMES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "storage/model/time_range.h"

namespace varve::query {

// Wide enough that no sum or product of times overflows.
__extension__ using Wide = __int128;

inline int64_t SaturatingSubtract(int64_t a, int64_t b) {
  int64_t result = 0;
  if (!__builtin_sub_overflow(a, b, &result)) return result;
  return b > 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

struct StepTimes {
  int64_t start_ns = 0;
  int64_t step_ns = 1;  // > 0
  size_t count = 1;

  int64_t time_ns(size_t step) const { return start_ns + static_cast<int64_t>(step) * step_ns; }
  int64_t time_ms(size_t step) const {
    return storage::FloorDivide(time_ns(step), storage::kNanosecondsPerMillisecond);
  }
  int64_t last_ns() const { return time_ns(count - 1); }
};

// The windows (t - offset - range, t - offset] of all steps.
class StepLocator {
 public:
  StepLocator(const StepTimes& steps, int64_t range_ns, int64_t offset_ns)
      : steps_(steps), range_ns_(range_ns), offset_ns_(offset_ns) {}

  // All entries that any window may hold.
  storage::TimeRange read_range_ns() const {
    const int64_t first =
        SaturatingSubtract(SaturatingSubtract(steps_.start_ns, offset_ns_), range_ns_);
    const int64_t last = SaturatingSubtract(steps_.last_ns(), offset_ns_);
    if (first == std::numeric_limits<int64_t>::min()) {
      return storage::TimeRange::Inclusive(first, last);
    }
    return storage::TimeRange::Inclusive(first + 1, last);
  }

  // The steps [*first, *last] whose windows hold the time; false where none does. Cheapest when the
  // times come in ascending order.
  bool Locate(int64_t time_ns, size_t* first, size_t* last) {
    if (time_ns < known_from_ || time_ns > known_to_) Compute(time_ns);
    *first = static_cast<size_t>(first_);
    *last = static_cast<size_t>(last_);
    return first_ <= last_;
  }
  // Up to which time Locate gives what it gave last.
  int64_t known_to_ns() const { return known_to_; }

 private:
  static int64_t Clamp(Wide value) {
    constexpr Wide kMin = std::numeric_limits<int64_t>::min();
    constexpr Wide kMax = std::numeric_limits<int64_t>::max();
    return static_cast<int64_t>(std::clamp(value, kMin, kMax));
  }
  void Compute(int64_t time_ns) {
    const Wide step = steps_.step_ns;
    const Wide ahead = static_cast<Wide>(time_ns) + offset_ns_ - steps_.start_ns;
    const auto ceil_divide = [&](Wide value) {
      return value >= 0 ? (value + step - 1) / step : -(-value / step);
    };
    const Wide first = std::max<Wide>(0, ceil_divide(ahead));
    const Wide last =
        std::min<Wide>(static_cast<Wide>(steps_.count) - 1, ceil_divide(ahead + range_ns_) - 1);
    first_ = Clamp(first);
    last_ = Clamp(last);
    // The answer stays until the first window closes or the next one opens.
    const Wide origin = static_cast<Wide>(steps_.start_ns) - offset_ns_;
    const Wide closes = origin + first * step;
    const Wide opens = origin + (last + 1) * step - range_ns_;
    known_from_ = time_ns;
    known_to_ =
        Clamp(last + 1 < static_cast<Wide>(steps_.count) ? std::min(closes, opens) : closes);
    if (known_to_ < time_ns) known_to_ = time_ns;
  }

  StepTimes steps_;
  int64_t range_ns_;
  int64_t offset_ns_;
  int64_t known_from_ = 1;
  int64_t known_to_ = 0;
  int64_t first_ = 0;
  int64_t last_ = -1;
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_STEP_TIMES_H_
