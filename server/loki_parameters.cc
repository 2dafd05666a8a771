#include "server/loki_parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "query/engine/number_format.h"
#include "query/promql/duration_text.h"
#include "server/http/http_message.h"
#include "server/quantity_text.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::Quote;
using storage::StrCat;

constexpr uint64_t kLimitDefault = 100;
// Timestamps with more digits than this are nanoseconds.
constexpr size_t kSecondsDigitsMax = 10;
// A range without a step gets this many.
constexpr int64_t kStepsDefault = 250;

absl::StatusOr<int64_t> TimeParameterNs(const QueryParameters& parameters, std::string_view name,
                                        int64_t fallback_ns) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return fallback_ns;
  if (const std::optional<int64_t> time_ns = ParseLokiTimeNs(text)) return *time_ns;
  return absl::InvalidArgumentError(StrCat("could not parse '", name, "' parameter: cannot parse ",
                                           Quote(text), " to a valid timestamp"));
}

// `15s`, `0.5` or `1000ms`.
absl::StatusOr<int64_t> ParseStepNs(std::string_view text) {
  double seconds = 0;
  if (query::ParseFloat(text, &seconds) && std::abs(seconds) < query::kDurationSecondsMax) {
    return static_cast<int64_t>(seconds * 1e9);
  }
  VARVE_ASSIGN_OR_RETURN(const int64_t milliseconds, query::ParseDuration(text));
  return milliseconds * storage::kNanosecondsPerMillisecond;
}

absl::Status ReadLimit(const QueryParameters& parameters, uint64_t* limit) {
  const std::string_view text = parameters.Get("limit");
  *limit = kLimitDefault;
  if (!text.empty()) {
    int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      return absl::InvalidArgumentError(
          StrCat("strconv.Atoi: parsing ", Quote(text), ": invalid syntax"));
    }
    if (value <= 0) return absl::InvalidArgumentError("limit must be a positive value");
    *limit = static_cast<uint64_t>(value);
  }
  return absl::OkStatus();
}

// `context`: lines before and after each line.
absl::Status ReadContext(const QueryParameters& parameters, uint64_t* lines) {
  const std::string_view text = parameters.Get("context");
  if (text.empty()) return absl::OkStatus();
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *lines);
  if (parsed.ec == std::errc() && parsed.ptr == end) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("could not parse 'context' parameter: ", Quote(text), " is no number of lines"));
}

absl::Status ReadDirection(const QueryParameters& parameters, storage::Direction* direction) {
  const std::string_view text = parameters.Get("direction");
  *direction = storage::Direction::kBackward;
  if (text.empty() || EqualsIgnoreCase(text, "backward")) return absl::OkStatus();
  if (!EqualsIgnoreCase(text, "forward")) {
    return absl::InvalidArgumentError(StrCat("invalid direction '", text, "'"));
  }
  *direction = storage::Direction::kForward;
  return absl::OkStatus();
}

}  // namespace

std::optional<int64_t> ParseLokiTimeNs(std::string_view text) {
  double seconds = 0;
  if (text.find('.') != std::string_view::npos && query::ParseFloat(text, &seconds)) {
    if (!(std::abs(seconds) < 9.2e9)) return std::nullopt;
    double whole = 0;
    const double fraction = std::round(std::modf(seconds, &whole) * 1000) / 1000;
    return static_cast<int64_t>(whole) * storage::kNanosecondsPerSecond +
           static_cast<int64_t>(fraction * 1e9);
  }
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) {
    return text.size() <= kSecondsDigitsMax ? number * storage::kNanosecondsPerSecond : number;
  }
  return ParseRfc3339Ns(text);
}

absl::StatusOr<LokiBounds> LokiBoundsParameters(const QueryParameters& parameters, int64_t now_ns,
                                                int64_t since_ns) {
  if (const std::string_view text = parameters.Get("since"); !text.empty()) {
    const absl::StatusOr<int64_t> since_ms = query::ParsePromDuration(text);
    if (!since_ms.ok()) {
      return absl::InvalidArgumentError(StrCat("could not parse 'since' parameter: ",
                                               storage::ToStd(since_ms.status().message())));
    }
    since_ns = *since_ms * storage::kNanosecondsPerMillisecond;
  }
  LokiBounds bounds;
  VARVE_ASSIGN_OR_RETURN(bounds.end_ns, TimeParameterNs(parameters, "end", now_ns));
  // An end that has not come yet does not make the range shorter.
  const int64_t last_ns = std::min(bounds.end_ns, now_ns);
  VARVE_ASSIGN_OR_RETURN(bounds.start_ns, TimeParameterNs(parameters, "start", last_ns - since_ns));
  return bounds;
}

absl::StatusOr<LokiQueryParameters> LokiRangeParameters(const QueryParameters& parameters,
                                                        int64_t now_ns, uint64_t steps_max) {
  LokiQueryParameters result;
  VARVE_ASSIGN_OR_RETURN(result.bounds,
                         LokiBoundsParameters(parameters, now_ns, kLokiQuerySinceNs));
  const LokiBounds& bounds = result.bounds;
  if (bounds.end_ns < bounds.start_ns) {
    return absl::InvalidArgumentError("end timestamp must not be before or equal to start time");
  }
  VARVE_RETURN_IF_ERROR(ReadLimit(parameters, &result.limit));
  VARVE_RETURN_IF_ERROR(ReadContext(parameters, &result.context_lines));
  VARVE_RETURN_IF_ERROR(ReadDirection(parameters, &result.direction));
  // Unsigned: the widest range there is does not overflow.
  const uint64_t width_ns =
      static_cast<uint64_t>(bounds.end_ns) - static_cast<uint64_t>(bounds.start_ns);
  int64_t step_ns = 0;
  if (const std::string_view text = parameters.Get("step"); !text.empty()) {
    VARVE_ASSIGN_OR_RETURN(step_ns, ParseStepNs(text));
  } else {
    const auto seconds = static_cast<int64_t>(width_ns / storage::kNanosecondsPerSecond);
    step_ns = std::max<int64_t>(seconds / kStepsDefault, 1) * storage::kNanosecondsPerSecond;
  }
  if (step_ns <= 0) {
    return absl::InvalidArgumentError(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if (width_ns / static_cast<uint64_t>(step_ns) > steps_max) {
    return absl::InvalidArgumentError(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value "
        "of the step parameter");
  }
  result.step_ns = step_ns;
  if (const std::string_view text = parameters.Get("interval"); !text.empty()) {
    VARVE_ASSIGN_OR_RETURN(result.interval_ns, ParseStepNs(text));
    if (result.interval_ns < 0) return absl::InvalidArgumentError("interval must be >= 0");
  }
  return result;
}

absl::StatusOr<LokiQueryParameters> LokiInstantParameters(const QueryParameters& parameters,
                                                          int64_t now_ns) {
  LokiQueryParameters result;
  VARVE_RETURN_IF_ERROR(ReadLimit(parameters, &result.limit));
  VARVE_ASSIGN_OR_RETURN(result.bounds.start_ns, TimeParameterNs(parameters, "time", now_ns));
  result.bounds.end_ns = result.bounds.start_ns;
  VARVE_RETURN_IF_ERROR(ReadDirection(parameters, &result.direction));
  return result;
}

}  // namespace varve::server
