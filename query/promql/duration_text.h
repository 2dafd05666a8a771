// Durations as text: Prometheus's own, `1h30m`, and those of the HTTP API, which may be seconds.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT in Prometheus's words.
#ifndef QUERY_PROMQL_DURATION_TEXT_H_
#define QUERY_PROMQL_DURATION_TEXT_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::query {

// The greatest number of seconds a duration may have: 2^63 nanoseconds.
inline constexpr double kDurationSecondsMax = 9223372036.854775808;

// Milliseconds of `1h30m`: units y, w, d, h, m, s and ms, each once, from great to small.
absl::StatusOr<int64_t> ParsePromDuration(std::string_view text);

// Milliseconds of a parameter such as `step`: a number of seconds, or as ParsePromDuration.
absl::StatusOr<int64_t> ParseDuration(std::string_view text);

// Seconds as milliseconds: rounded to nanoseconds, then cut. |seconds| <= kDurationSecondsMax.
int64_t SecondsToMilliseconds(double seconds);

}  // namespace varve::query

#endif  // QUERY_PROMQL_DURATION_TEXT_H_
