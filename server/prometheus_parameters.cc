#include "server/prometheus_parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "query/engine/number_format.h"
#include "query/promql/duration_text.h"
#include "query/promql/go_text.h"
#include "query/promql/parser.h"
#include "server/quantity_text.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::Quote;
using storage::StrCat;
using storage::TimeRange;

// How clients of Prometheus write "from the beginning" and "to the end" of time.
constexpr std::string_view kMinTimeText = "-292273086-05-16T16:47:06Z";
constexpr std::string_view kMaxTimeText = "292277025-08-18T07:12:54.999999999Z";

std::string_view Message(const absl::Status& status) { return storage::ToStd(status.message()); }

void AppendUtf8(uint32_t rune, std::string* out) {
  if (rune < 0x80) {
    out->push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (rune >> 6)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  } else if (rune < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (rune >> 12)));
    out->push_back(static_cast<char>(0x80 | ((rune >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (rune >> 18)));
    out->push_back(static_cast<char>(0x80 | ((rune >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((rune >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (rune & 0x3F)));
  }
}

// 11000 as 11,000.
std::string WithThousands(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t place = text.size(); place > 3;) text.insert(place -= 3, ",");
  return text;
}

}  // namespace

absl::Status InvalidParameter(std::string_view name, std::string_view error) {
  return absl::InvalidArgumentError(StrCat("invalid parameter ", Quote(name), ": ", error));
}

absl::StatusOr<int64_t> ParsePromTimeMs(std::string_view text) {
  double seconds = 0;
  if (query::ParseFloat(text, &seconds) && !std::isnan(seconds)) {
    const double milliseconds = std::round(seconds * 1000);
    if (milliseconds >= 9.2e18) return std::numeric_limits<int64_t>::max();
    if (milliseconds <= -9.2e18) return std::numeric_limits<int64_t>::min();
    return static_cast<int64_t>(milliseconds);
  }
  if (const std::optional<int64_t> time_ms = ParseRfc3339Ms(text)) return *time_ms;
  if (text == kMinTimeText) return std::numeric_limits<int64_t>::min();
  if (text == kMaxTimeText || (text.starts_with('+') && text.substr(1) == kMaxTimeText)) {
    return std::numeric_limits<int64_t>::max();
  }
  return absl::InvalidArgumentError(StrCat("cannot parse ", Quote(text), " to a valid timestamp"));
}

absl::StatusOr<int64_t> TimeParameterMs(const QueryParameters& parameters, std::string_view name,
                                        int64_t fallback_ms) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return fallback_ms;
  const absl::StatusOr<int64_t> time_ms = ParsePromTimeMs(text);
  if (!time_ms.ok()) {
    return InvalidParameter(
        name, StrCat("invalid time value for '", name, "': ", Message(time_ms.status())));
  }
  return *time_ms;
}

absl::StatusOr<TimeRange> RangeParameterMs(const QueryParameters& parameters) {
  VARVE_ASSIGN_OR_RETURN(const int64_t start_ms,
                         TimeParameterMs(parameters, "start", TimeRange::All().begin));
  VARVE_ASSIGN_OR_RETURN(const int64_t end_ms,
                         TimeParameterMs(parameters, "end", TimeRange::All().end));
  return TimeRange::Inclusive(start_ms, end_ms);
}

absl::StatusOr<int64_t> ParseGoInteger(std::string_view text, int bits, std::string_view function) {
  const auto failed = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        StrCat("strconv.", function, ": parsing ", Quote(text), ": ", why));
  };
  int64_t number = 0;
  const bool plus = text.starts_with('+');
  const std::string_view digits = text.substr(plus ? 1 : 0);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool two_signs = plus && digits.starts_with('-');
  if (two_signs || parsed.ec == std::errc::invalid_argument ||
      parsed.ptr != digits.data() + digits.size()) {
    return failed("invalid syntax");
  }
  const int64_t most = std::numeric_limits<int64_t>::max() >> (64 - bits);
  if (parsed.ec != std::errc() || number > most || number < -most - 1) {
    return failed("value out of range");
  }
  return number;
}

absl::Status CheckForm(const QueryParameters& parameters) {
  if (parameters.error().ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("error parsing form values: ", Message(parameters.error())));
}

absl::StatusOr<uint64_t> LimitParameter(const QueryParameters& parameters) {
  const std::string_view text = parameters.Get("limit");
  if (text.empty()) return 0;
  const absl::StatusOr<int64_t> limit = ParseGoInteger(text, 64, "Atoi");
  if (!limit.ok()) return InvalidParameter("limit", Message(limit.status()));
  if (*limit < 0) return InvalidParameter("limit", "limit must be non-negative");
  return static_cast<uint64_t>(*limit);
}

absl::StatusOr<query::StepGrid> GridParameters(const QueryParameters& parameters,
                                               uint64_t points_max) {
  query::StepGrid grid;
  const absl::StatusOr<int64_t> start_ms = ParsePromTimeMs(parameters.Get("start"));
  if (!start_ms.ok()) return InvalidParameter("start", Message(start_ms.status()));
  const absl::StatusOr<int64_t> end_ms = ParsePromTimeMs(parameters.Get("end"));
  if (!end_ms.ok()) return InvalidParameter("end", Message(end_ms.status()));
  if (*end_ms < *start_ms) {
    return InvalidParameter("end", "end timestamp must not be before start time");
  }
  const absl::StatusOr<int64_t> step_ms = query::ParseDuration(parameters.Get("step"));
  if (!step_ms.ok()) return InvalidParameter("step", Message(step_ms.status()));
  // Less than a millisecond, which is the least there is: as many points as there can be. Less than
  // a nanosecond is nothing.
  double seconds = 0;
  const bool tiny =
      *step_ms == 0 && query::ParseFloat(parameters.Get("step"), &seconds) && seconds * 1e9 >= 1;
  if (*step_ms <= 0 && !tiny) {
    return InvalidParameter("step",
                            "zero or negative query resolution step widths are not accepted. "
                            "Try a positive integer");
  }
  grid = {*start_ms, *end_ms, tiny ? 1 : *step_ms};
  // Unsigned, so that the widest range there is does not overflow.
  const uint64_t width = static_cast<uint64_t>(grid.end_ms) - static_cast<uint64_t>(grid.start_ms);
  if (width / static_cast<uint64_t>(grid.step_ms) > points_max || (tiny && width > 0)) {
    return absl::InvalidArgumentError(
        StrCat("exceeded maximum resolution of ", WithThousands(points_max),
               " points per timeseries. Try decreasing the query resolution (?step=XX)"));
  }
  return grid;
}

absl::StatusOr<bool> BoolParameter(const QueryParameters& parameters, std::string_view name,
                                   bool fallback) {
  constexpr std::string_view kTrue[] = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::string_view kFalse[] = {"0", "f", "F", "false", "FALSE", "False"};
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return fallback;
  if (std::find(std::begin(kTrue), std::end(kTrue), text) != std::end(kTrue)) return true;
  if (std::find(std::begin(kFalse), std::end(kFalse), text) != std::end(kFalse)) return false;
  return absl::InvalidArgumentError(
      StrCat("strconv.ParseBool: parsing ", Quote(text), ": invalid syntax"));
}

absl::StatusOr<query::QueryLimits> LimitsFor(const QueryParameters& parameters,
                                             const query::QueryLimits& limits) {
  query::QueryLimits mine = limits;
  if (const std::string_view text = parameters.Get("timeout"); !text.empty()) {
    const absl::StatusOr<int64_t> timeout_ms = query::ParseDuration(text);
    if (!timeout_ms.ok()) return InvalidParameter("timeout", Message(timeout_ms.status()));
    mine.timeout_ms = std::min(limits.timeout_ms, std::max<int64_t>(*timeout_ms, 0));
  }
  if (const std::string_view text = parameters.Get("lookback_delta"); !text.empty()) {
    const absl::StatusOr<int64_t> lookback_ms = query::ParseDuration(text);
    if (!lookback_ms.ok()) {
      return absl::InvalidArgumentError(
          StrCat("error parsing lookback delta duration: ", Message(lookback_ms.status())));
    }
    if (*lookback_ms > 0) mine.lookback_ms = *lookback_ms;
  }
  return mine;
}

absl::StatusOr<Selectors> SelectorParameters(const QueryParameters& parameters) {
  Selectors selectors;
  for (const std::string_view text : parameters.GetAll("match[]")) {
    absl::StatusOr<std::vector<storage::Matcher>> matchers = query::ParseSelector(text);
    if (!matchers.ok()) return matchers.status();
    const bool selective =
        std::any_of(matchers->begin(), matchers->end(),
                    [](const storage::Matcher& matcher) { return !matcher.MatchesEmpty(); });
    if (!selective) {
      return absl::InvalidArgumentError("match[] must contain at least one non-empty matcher");
    }
    selectors.push_back(*std::move(matchers));
  }
  return selectors;
}

absl::Status CheckLabelName(std::string_view name) {
  if (!name.empty() && query::IsValidUtf8(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("invalid label name: ", Quote(name)));
}

std::string UnescapeLabelName(std::string_view name) {
  constexpr std::string_view kEscaped = "U__";
  if (!name.starts_with(kEscaped)) return std::string(name);
  std::string label;
  for (size_t i = kEscaped.size(); i < name.size(); ++i) {
    if (name[i] != '_') {
      label.push_back(name[i]);
      continue;
    }
    const size_t end = name.find('_', i + 1);
    if (end == std::string_view::npos) return std::string(name);  // not an escape after all
    if (end == i + 1) {
      label.push_back('_');
    } else {
      uint32_t rune = 0;
      const auto parsed = std::from_chars(name.data() + i + 1, name.data() + end, rune, 16);
      const bool is_rune = rune <= 0x10FFFF && (rune < 0xD800 || rune > 0xDFFF);
      if (parsed.ec != std::errc() || parsed.ptr != name.data() + end || !is_rune) {
        return std::string(name);
      }
      AppendUtf8(rune, &label);
    }
    i = end;
  }
  return label;
}

}  // namespace varve::server
