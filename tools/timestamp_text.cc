#include "tools/timestamp_text.h"

#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/time/time.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::tools {
namespace {

using storage::StrCat;
using storage::ToAbsl;

__extension__ using Wide = __int128;

struct Unit {
  std::string_view name;
  int64_t ns;
};
// Longer names first where one begins like another.
constexpr std::array<Unit, 9> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", kNanosecondsPerSecond},
                                         {"m", 60 * kNanosecondsPerSecond},
                                         {"h", 3600 * kNanosecondsPerSecond},
                                         {"d", 86'400 * kNanosecondsPerSecond},
                                         {"w", 7 * 86'400 * kNanosecondsPerSecond},
                                         {"y", 365 * 86'400 * kNanosecondsPerSecond}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `12` or `12.5` from the front as the exact number times `scale`, cut to an integer.
// nullopt without a digit and beyond the range of int64_t.
std::optional<int64_t> TakeDecimal(std::string_view* text, int64_t scale) {
  size_t at = 0;
  Wide whole = 0;
  bool any = false;
  for (; at < text->size() && IsDigit((*text)[at]); ++at, any = true) {
    whole = whole * 10 + ((*text)[at] - '0');
    if (whole > std::numeric_limits<int64_t>::max()) return std::nullopt;
  }
  Wide fraction = 0;
  Wide divisor = 1;
  if (at < text->size() && (*text)[at] == '.') {
    for (++at; at < text->size() && IsDigit((*text)[at]); ++at, any = true) {
      if (divisor > 1'000'000'000'000'000) continue;  // finer than a nanosecond of a year
      fraction = fraction * 10 + ((*text)[at] - '0');
      divisor *= 10;
    }
  }
  if (!any) return std::nullopt;
  const Wide value = whole * scale + fraction * scale / divisor;
  if (value > std::numeric_limits<int64_t>::max()) return std::nullopt;
  text->remove_prefix(at);
  return static_cast<int64_t>(value);
}

const Unit* TakeUnit(std::string_view* text) {
  size_t length = 0;
  while (length < text->size() && !IsDigit((*text)[length]) && (*text)[length] != '.') ++length;
  for (const Unit& unit : kUnits) {
    if (text->substr(0, length) == unit.name) {
      text->remove_prefix(length);
      return &unit;
    }
  }
  return nullptr;
}

absl::Status DurationError(std::string_view text) {
  return absl::InvalidArgumentError(
      StrCat("cannot read duration ", storage::Quote(text), ", want e.g. 15s, 1h30m or 2d"));
}

absl::Status TimeError(std::string_view text) {
  return absl::InvalidArgumentError(StrCat("cannot read time ", storage::Quote(text),
                                           ", want RFC 3339, Unix seconds, now or e.g. -1h"));
}

// `+1h`, `-1h` or nothing, added to `origin_ns`.
absl::StatusOr<int64_t> AddOffset(std::string_view text, std::string_view offset,
                                  int64_t origin_ns) {
  if (offset.empty()) return origin_ns;
  if (offset[0] != '+' && offset[0] != '-') return TimeError(text);
  absl::StatusOr<int64_t> duration_ns = ParseDurationNs(offset.substr(1));
  if (!duration_ns.ok()) return TimeError(text);
  int64_t result_ns = 0;
  const bool overflow = offset[0] == '-'
                            ? __builtin_sub_overflow(origin_ns, *duration_ns, &result_ns)
                            : __builtin_add_overflow(origin_ns, *duration_ns, &result_ns);
  if (overflow) return TimeError(text);
  return result_ns;
}

// Unix seconds with a sign and a fraction.
std::optional<int64_t> ParseUnixSeconds(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const std::optional<int64_t> time_ns = TakeDecimal(&text, kNanosecondsPerSecond);
  if (!time_ns.has_value() || !text.empty()) return std::nullopt;
  return negative ? -*time_ns : *time_ns;
}

std::string FormatTime(int64_t time_ns, bool utc, std::string_view layout) {
  const absl::Time time = absl::FromUnixNanos(time_ns);
  const std::string text = StrCat(layout, utc ? "Z" : "%Ez");
  return absl::FormatTime(text, time, utc ? absl::UTCTimeZone() : absl::LocalTimeZone());
}

}  // namespace

absl::StatusOr<int64_t> ParseDurationNs(std::string_view text) {
  if (text == "0") return 0;
  std::string_view rest = text;
  int64_t sum_ns = 0;
  if (rest.empty()) return DurationError(text);
  while (!rest.empty()) {
    std::string_view number = rest;
    std::string_view behind = rest;
    // The unit decides the scale, so it is looked up before the number is read.
    if (!TakeDecimal(&behind, 1).has_value()) return DurationError(text);
    const Unit* unit = TakeUnit(&behind);
    if (unit == nullptr) return DurationError(text);
    const std::optional<int64_t> part_ns = TakeDecimal(&number, unit->ns);
    if (!part_ns.has_value() || __builtin_add_overflow(sum_ns, *part_ns, &sum_ns)) {
      return DurationError(text);
    }
    rest = behind;
  }
  return sum_ns;
}

absl::StatusOr<int64_t> ParseTimeNs(std::string_view text, int64_t now_ns) {
  constexpr std::string_view kNow = "now";
  if (text.substr(0, kNow.size()) == kNow) return AddOffset(text, text.substr(kNow.size()), now_ns);
  if (const std::optional<int64_t> time_ns = ParseUnixSeconds(text)) return *time_ns;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) return AddOffset(text, text, now_ns);
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d%ET%H:%M:%E*S%Ez", ToAbsl(text), &time, &error) &&
      !absl::ParseTime("%Y-%m-%d", ToAbsl(text), &time, &error)) {
    return TimeError(text);
  }
  const int64_t time_ns = absl::ToUnixNanos(time);
  if (time_ns == std::numeric_limits<int64_t>::max() ||
      time_ns == std::numeric_limits<int64_t>::min()) {
    return TimeError(text);
  }
  return time_ns;
}

absl::StatusOr<TimeSpan> ResolveTimeSpan(const TimeSpanArguments& arguments,
                                         std::string_view since_default, int64_t now_ns) {
  if (!arguments.since.empty() && !arguments.from.empty()) {
    return absl::InvalidArgumentError("cannot use --since and a start time together, want one");
  }
  TimeSpan span{now_ns, now_ns};
  if (!arguments.to.empty()) {
    VARVE_ASSIGN_OR_RETURN(span.end_ns, ParseTimeNs(arguments.to, now_ns));
  }
  if (!arguments.from.empty()) {
    VARVE_ASSIGN_OR_RETURN(span.start_ns, ParseTimeNs(arguments.from, now_ns));
  } else {
    const std::string_view since = arguments.since.empty() ? since_default : arguments.since;
    VARVE_ASSIGN_OR_RETURN(const int64_t length_ns, ParseDurationNs(since));
    if (__builtin_sub_overflow(span.end_ns, length_ns, &span.start_ns)) return TimeError(since);
  }
  if (span.start_ns > span.end_ns) {
    return absl::InvalidArgumentError(StrCat("cannot use a range of time that begins at ",
                                             TimestampFormat{true}.Exact(span.start_ns),
                                             " and ends before it"));
  }
  return span;
}

std::string UnixSecondsText(int64_t time_ns) {
  const int64_t milliseconds = time_ns / kNanosecondsPerMillisecond;
  const int64_t size = std::abs(milliseconds);
  std::string text = StrCat(milliseconds < 0 ? "-" : "", size / 1000);
  if (const int64_t fraction = size % 1000; fraction != 0) {
    const std::string digits = StrCat(1000 + fraction);
    storage::StrAppend(&text, ".", std::string_view(digits).substr(1));
  }
  return text;
}

std::string TimestampFormat::Milliseconds(int64_t time_ns) const {
  return FormatTime(time_ns, utc, "%Y-%m-%dT%H:%M:%E3S");
}

std::string TimestampFormat::Exact(int64_t time_ns) const {
  return FormatTime(time_ns, utc, "%Y-%m-%dT%H:%M:%E*S");
}

}  // namespace varve::tools
