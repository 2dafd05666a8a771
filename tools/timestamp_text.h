// Times and durations as they are written on the command line, and as they are printed.
//
// Threads:  free functions without state.
// Errors:   INVALID_ARGUMENT naming the text.
#ifndef TOOLS_TIMESTAMP_TEXT_H_
#define TOOLS_TIMESTAMP_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::tools {

inline constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
inline constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

// 15s, 1h30m, 2d, 1.5h: numbers with the units ns, us, ms, s, m, h, d, w, y (365 days), added up.
absl::StatusOr<int64_t> ParseDurationNs(std::string_view text);

// now, -1h, now-1h, now+5m, Unix seconds (with a fraction), or RFC 3339; a date alone is its
// beginning in UTC.
absl::StatusOr<int64_t> ParseTimeNs(std::string_view text, int64_t now_ns);

// A range of time as commands take it: --since, or from and to. Empty texts were not given.
struct TimeSpanArguments {
  std::string since;
  std::string from;
  std::string to;
};
struct TimeSpan {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
};
// Without `from`, the span is `since` (or `since_default`) long and ends at `to` (or now).
absl::StatusOr<TimeSpan> ResolveTimeSpan(const TimeSpanArguments& arguments,
                                         std::string_view since_default, int64_t now_ns);

// Unix seconds with as many digits of a fraction as needed, at most three: what Prometheus takes.
std::string UnixSecondsText(int64_t time_ns);

// How times are printed: RFC 3339 in the local time zone or in UTC.
struct TimestampFormat {
  bool utc = false;

  // With exactly three digits of a second, so that lines of a log align.
  std::string Milliseconds(int64_t time_ns) const;
  // With as many digits as needed.
  std::string Exact(int64_t time_ns) const;
};

}  // namespace varve::tools

#endif  // TOOLS_TIMESTAMP_TEXT_H_
