#include "ingest/syslog_timestamp.h"

#include <array>
#include <cstdlib>

#include "absl/time/civil_time.h"

namespace varve::ingest {
namespace {

constexpr int kNanosecondDigits = 9;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from its front; once something was not there, everything fails.
class Front {
 public:
  explicit Front(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }
  bool Skip(char c) {
    if (!ok_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Want(char c) { ok_ = Skip(c) && ok_; }
  // Exactly `digits` digits.
  int Number(size_t digits) {
    if (!ok_ || rest_.size() < digits) {
      ok_ = false;
      return 0;
    }
    int number = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (!IsDigit(rest_[i])) {
        ok_ = false;
        return 0;
      }
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return number;
  }
  // `.123456` as nanoseconds; 0 where there is none.
  int64_t Fraction(int* digits) {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !IsDigit(rest_[1])) return 0;
    rest_.remove_prefix(1);
    int64_t nanoseconds = 0;
    int count = 0;
    for (; !rest_.empty() && IsDigit(rest_.front()); rest_.remove_prefix(1), ++count) {
      if (count < kNanosecondDigits) nanoseconds = nanoseconds * 10 + (rest_.front() - '0');
    }
    for (int i = count; i < kNanosecondDigits; ++i) nanoseconds *= 10;
    *digits = count;
    return nanoseconds;
  }
  int Month() {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (size_t i = 0; i < kMonths.size(); ++i) {
      if (rest_.substr(0, 3) != kMonths[i]) continue;
      rest_.remove_prefix(3);
      return static_cast<int>(i) + 1;
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// Civil times normalise what is out of range: no such day or hour was meant.
bool IsCivil(const absl::CivilSecond& civil, int month, int day, int hour, int minute, int second) {
  return civil.month() == month && civil.day() == day && civil.hour() == hour &&
         civil.minute() == minute && civil.second() == second;
}

struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t nanoseconds = 0;
};

Clock ReadClock(Front* front, int* digits) {
  Clock clock;
  clock.hour = front->Number(2);
  front->Want(':');
  clock.minute = front->Number(2);
  front->Want(':');
  clock.second = front->Number(2);
  clock.nanoseconds = front->Fraction(digits);
  if (clock.second == 60) {  // a leap second
    clock.second = 59;
    clock.nanoseconds = 999'999'999;
  }
  return clock;
}

bool EndsWord(std::string_view rest) { return rest.empty() || rest.front() == ' '; }

}  // namespace

bool TakeIsoTimestamp(std::string_view* text, const SyslogClock& clock,
                      SyslogTimestamp* timestamp) {
  Front front(*text);
  const int year = front.Number(4);
  front.Want('-');
  const int month = front.Number(2);
  front.Want('-');
  const int day = front.Number(2);
  if (!front.Skip('T') && !front.Skip('t')) front.Want(' ');
  int digits = 0;
  const Clock time = ReadClock(&front, &digits);
  if (!front.ok()) return false;
  absl::TimeZone zone = clock.zone;
  std::string_view rest = front.rest();
  if (!rest.empty() && (rest.front() == 'Z' || rest.front() == 'z')) {
    front.Skip(rest.front());
    zone = absl::UTCTimeZone();
  } else if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    const int sign = rest.front() == '-' ? -1 : 1;
    front.Skip(rest.front());
    const int hours = front.Number(2);
    front.Skip(':');
    const int minutes = front.Number(2);
    if (!front.ok() || hours > 23 || minutes > 59) return false;
    zone = absl::FixedTimeZone(sign * (hours * 3600 + minutes * 60));
  }
  if (!EndsWord(front.rest())) return false;
  // Nanoseconds in 64 bits end in 2262.
  if (year < 1678 || year > 2261) return false;
  const absl::CivilSecond civil(year, month, day, time.hour, time.minute, time.second);
  if (!IsCivil(civil, month, day, time.hour, time.minute, time.second)) return false;
  timestamp->is_there = true;
  timestamp->time_ns = absl::ToUnixNanos(absl::FromCivil(civil, zone)) + time.nanoseconds;
  timestamp->fraction_digits = digits;
  *text = front.rest();
  return true;
}

bool TakeBsdTimestamp(std::string_view* text, const SyslogClock& clock,
                      SyslogTimestamp* timestamp) {
  Front front(*text);
  const int month = front.Month();
  front.Want(' ');
  int day = 0;
  // `Oct  1` and `Oct 01`; `Oct 1` is seen, too.
  if (front.Skip(' ')) {
    day = front.Number(1);
  } else if (const std::string_view rest = front.rest(); rest.size() > 1 && !IsDigit(rest[1])) {
    day = front.Number(1);
  } else {
    day = front.Number(2);
  }
  front.Want(' ');
  int year = 0;
  if (const std::string_view rest = front.rest(); rest.size() > 4 && rest[4] == ' ') {
    year = front.Number(4);
    front.Want(' ');
    if (year < 1678 || year > 2261) return false;
  }
  int digits = 0;
  const Clock time = ReadClock(&front, &digits);
  if (!front.ok()) return false;
  // `Oct 11 22:14:15: text` is what some routers write.
  if (!EndsWord(front.rest()) && !front.Skip(':')) return false;

  const absl::Time received = absl::FromUnixNanos(clock.received_ns);
  const int64_t now_year = clock.zone.At(received).cs.year();
  bool found = false;
  for (int64_t candidate = now_year - 1; candidate <= now_year + 1; ++candidate) {
    if (year != 0 && candidate > now_year - 1) break;
    const absl::CivilSecond civil(year != 0 ? year : candidate, month, day, time.hour, time.minute,
                                  time.second);
    if (!IsCivil(civil, month, day, time.hour, time.minute, time.second)) continue;
    const int64_t time_ns =
        absl::ToUnixNanos(absl::FromCivil(civil, clock.zone)) + time.nanoseconds;
    const int64_t distance = std::abs(time_ns - clock.received_ns);
    if (found && distance >= std::abs(timestamp->time_ns - clock.received_ns)) continue;
    timestamp->time_ns = time_ns;
    found = true;
  }
  if (!found) return false;
  timestamp->is_there = true;
  timestamp->fraction_digits = digits;
  *text = front.rest();
  return true;
}

}  // namespace varve::ingest
