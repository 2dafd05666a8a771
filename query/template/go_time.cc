#include "query/template/go_time.h"

#include <cstdlib>

#include "query/template/time_layout.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

void AppendPadded(int64_t value, int width, char pad, std::string* out) {
  if (value < 0) out->push_back('-');
  const std::string digits = std::to_string(std::abs(value));
  for (int i = static_cast<int>(digits.size()); i < width; ++i) out->push_back(pad);
  out->append(digits);
}

void AppendZone(const LayoutPiece& piece, int offset, std::string* out) {
  if (piece.zulu() && offset == 0) {
    out->push_back('Z');
    return;
  }
  out->push_back(offset < 0 ? '-' : '+');
  const int seconds = std::abs(offset);
  AppendPadded(seconds / 3600, 2, '0', out);
  if (!piece.minutes()) return;
  if (piece.colons()) out->push_back(':');
  AppendPadded(seconds / 60 % 60, 2, '0', out);
  if (!piece.seconds()) return;
  if (piece.colons()) out->push_back(':');
  AppendPadded(seconds % 60, 2, '0', out);
}

void AppendZoneName(std::string_view name, int offset, std::string* out) {
  // Unknown zones show their offset, as cctz names them too.
  if (!name.empty()) {
    out->append(name);
    return;
  }
  out->push_back(offset < 0 ? '-' : '+');
  const int minutes = std::abs(offset) / 60;
  AppendPadded(minutes / 60, 2, '0', out);
  if (minutes % 60 != 0) AppendPadded(minutes % 60, 2, '0', out);
}

void AppendFraction(const LayoutPiece& piece, int32_t nanoseconds, std::string* out) {
  std::string digits = std::to_string(nanoseconds);
  digits.insert(0, 9 - digits.size(), '0');
  if (piece.digits() < digits.size()) digits.resize(piece.digits());
  digits.append(piece.digits() - digits.size(), '0');
  if (piece.element == TimeElement::kFractionTrimmed) {
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) return;
  }
  out->push_back(piece.text[0]);
  out->append(digits);
}

}  // namespace

GoTime GoTime::FromUnixNs(int64_t time_ns, const absl::TimeZone& zone) {
  GoTime time;
  time.seconds = time_ns / kNanosecondsPerSecond;
  time.nanoseconds = static_cast<int32_t>(time_ns % kNanosecondsPerSecond);
  if (time.nanoseconds < 0) {
    --time.seconds;
    time.nanoseconds += static_cast<int32_t>(kNanosecondsPerSecond);
  }
  time.zone = zone;
  return time;
}

int64_t GoTime::unix_ns() const {
  return static_cast<int64_t>(static_cast<uint64_t>(seconds) * kNanosecondsPerSecond +
                              static_cast<uint64_t>(nanoseconds));
}

int64_t GoTime::unix_ms() const { return seconds * 1000 + nanoseconds / 1'000'000; }

absl::TimeZone LocalZone() {
  static const absl::TimeZone zone = absl::LocalTimeZone();
  return zone;
}

bool LoadZone(std::string_view name, absl::TimeZone* zone) {
  if (name.empty() || name == "UTC") {
    *zone = absl::UTCTimeZone();
    return true;
  }
  if (name == "Local") {
    *zone = LocalZone();
    return true;
  }
  // No path to any other file.
  if (name.find("..") != name.npos || name.front() == '/' || name.front() == '\\') return false;
  // cctz makes zones of names such as `Fixed/UTC+01:00:00` and `localtime`, which no one else
  // knows.
  if (name.starts_with("Fixed/") || name == "localtime") return false;
  return absl::LoadTimeZone(storage::ToAbsl(name), zone);
}

void AppendGoTimeLayout(const GoTime& time, std::string_view layout, std::string* out) {
  const absl::TimeZone::CivilInfo civil = time.zone.At(absl::FromUnixSeconds(time.seconds));
  const absl::CivilSecond& moment = civil.cs;
  const int hour = moment.hour();
  const int hour12 = hour % 12 == 0 ? 12 : hour % 12;
  const absl::CivilDay day(moment);
  // absl's weekdays begin on Monday.
  const auto weekday = (static_cast<size_t>(absl::GetWeekday(day)) + 1) % 7;
  const auto month = static_cast<size_t>(moment.month() - 1);
  while (!layout.empty()) {
    const LayoutPiece piece = NextLayoutPiece(layout);
    out->append(piece.before);
    layout = piece.after;
    switch (piece.element) {
      case TimeElement::kNone:
        return;
      case TimeElement::kLongMonth:
        out->append(kMonthNames[month]);
        break;
      case TimeElement::kMonth:
        out->append(kMonthNames[month].substr(0, kShortNameBytes));
        break;
      case TimeElement::kNumMonth:
        AppendPadded(moment.month(), 0, '0', out);
        break;
      case TimeElement::kZeroMonth:
        AppendPadded(moment.month(), 2, '0', out);
        break;
      case TimeElement::kLongWeekday:
        out->append(kWeekdayNames[weekday]);
        break;
      case TimeElement::kWeekday:
        out->append(kWeekdayNames[weekday].substr(0, kShortNameBytes));
        break;
      case TimeElement::kDay:
        AppendPadded(moment.day(), 0, '0', out);
        break;
      case TimeElement::kUnderDay:
        AppendPadded(moment.day(), 2, ' ', out);
        break;
      case TimeElement::kZeroDay:
        AppendPadded(moment.day(), 2, '0', out);
        break;
      case TimeElement::kUnderYearDay:
        AppendPadded(absl::GetYearDay(day), 3, ' ', out);
        break;
      case TimeElement::kZeroYearDay:
        AppendPadded(absl::GetYearDay(day), 3, '0', out);
        break;
      case TimeElement::kHour:
        AppendPadded(hour, 2, '0', out);
        break;
      case TimeElement::kHour12:
        AppendPadded(hour12, 0, '0', out);
        break;
      case TimeElement::kZeroHour12:
        AppendPadded(hour12, 2, '0', out);
        break;
      case TimeElement::kMinute:
        AppendPadded(moment.minute(), 0, '0', out);
        break;
      case TimeElement::kZeroMinute:
        AppendPadded(moment.minute(), 2, '0', out);
        break;
      case TimeElement::kSecond:
        AppendPadded(moment.second(), 0, '0', out);
        break;
      case TimeElement::kZeroSecond:
        AppendPadded(moment.second(), 2, '0', out);
        break;
      case TimeElement::kLongYear:
        AppendPadded(moment.year(), 4, '0', out);
        break;
      case TimeElement::kYear:
        AppendPadded(std::abs(moment.year()) % 100, 2, '0', out);
        break;
      case TimeElement::kUpperPm:
        out->append(hour >= 12 ? "PM" : "AM");
        break;
      case TimeElement::kLowerPm:
        out->append(hour >= 12 ? "pm" : "am");
        break;
      case TimeElement::kZone:
        AppendZone(piece, civil.offset, out);
        break;
      case TimeElement::kZoneName:
        AppendZoneName(time.is_fixed ? time.fixed_name : std::string_view(civil.zone_abbr),
                       civil.offset, out);
        break;
      case TimeElement::kFraction:
      case TimeElement::kFractionTrimmed:
        AppendFraction(piece, time.nanoseconds, out);
        break;
    }
  }
}

void AppendGoTime(const GoTime& time, std::string* out) {
  AppendGoTimeLayout(time, "2006-01-02 15:04:05.999999999 -0700 MST", out);
}

}  // namespace varve::query
