#include "ingest/log_time.h"

#include <charconv>

#include "ingest/syslog_timestamp.h"

namespace varve::ingest {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr size_t kFractionDigitsMax = 9;

bool ParseUnix(std::string_view text, int64_t* time_ns) {
  const std::string_view whole_text = text.substr(0, text.find('.'));
  int64_t whole = 0;
  const char* end = whole_text.data() + whole_text.size();
  const auto [stop, error] = std::from_chars(whole_text.data(), end, whole);
  if (error != std::errc() || stop != end || whole < 0) return false;
  if (whole_text.size() < text.size()) {
    std::string_view fraction = text.substr(whole_text.size() + 1);
    if (fraction.find_first_not_of("0123456789") != std::string_view::npos) return false;
    int64_t nanoseconds = 0;
    for (size_t i = 0; i < kFractionDigitsMax; ++i) {
      nanoseconds = nanoseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
    if (__builtin_mul_overflow(whole, kNanosecondsPerSecond, &whole) ||
        __builtin_add_overflow(whole, nanoseconds, time_ns)) {
      return false;
    }
    return true;
  }
  // A year of each unit is less than two years of the next finer one.
  constexpr int64_t kSecondsMax = 1LL << 34;
  int64_t unit_ns = 1;
  if (whole < kSecondsMax) {
    unit_ns = kNanosecondsPerSecond;
  } else if (whole < kSecondsMax * 1000) {
    unit_ns = 1'000'000;
  } else if (whole < kSecondsMax * 1'000'000) {
    unit_ns = 1000;
  }
  return !__builtin_mul_overflow(whole, unit_ns, time_ns);
}

}  // namespace

bool ParseLogTime(std::string_view text, int64_t* time_ns) {
  SyslogTimestamp timestamp;
  if (text.size() > 4 && text[4] == '-') {
    if (!TakeIsoTimestamp(&text, {}, &timestamp) || !text.empty()) return false;
    *time_ns = timestamp.time_ns;
    return true;
  }
  return !text.empty() && ParseUnix(text, time_ns);
}

}  // namespace varve::ingest
