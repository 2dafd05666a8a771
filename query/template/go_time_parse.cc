// Reading times by layout.
#include <algorithm>
#include <cctype>

#include "query/template/go_time.h"
#include "query/template/time_layout.h"

namespace varve::query {
namespace {

constexpr int kUnset = -1;
// A zone's fields, as Go checks them.
constexpr int kZoneHourMax = 24;
constexpr int kZoneMinuteMax = 60;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsPoint(char c) { return c == '.' || c == ','; }

// Takes the text of a layout off the front: runs of spaces equal each other.
bool SkipText(std::string_view* text, std::string_view expected) {
  const auto cut_spaces = [](std::string_view* from) {
    from->remove_prefix(std::min(from->find_first_not_of(' '), from->size()));
  };
  while (!expected.empty()) {
    if (expected[0] == ' ') {
      if (!text->empty() && (*text)[0] != ' ') return false;
      cut_spaces(&expected);
      cut_spaces(text);
      continue;
    }
    if (text->empty() || (*text)[0] != expected[0]) return false;
    expected.remove_prefix(1);
    text->remove_prefix(1);
  }
  return true;
}

// One to `digits_max` digits; `fixed`: exactly so many.
bool TakeDigits(std::string_view* text, size_t digits_max, bool fixed, int* value) {
  size_t i = 0;
  *value = 0;
  for (; i < digits_max && i < text->size() && IsDigit((*text)[i]); ++i) {
    *value = *value * 10 + ((*text)[i] - '0');
  }
  if (i == 0 || (fixed && i != digits_max)) return false;
  text->remove_prefix(i);
  return true;
}

bool TakeNumber(std::string_view* text, bool fixed, int min, int max, int* value) {
  return TakeDigits(text, 2, fixed, value) && *value >= min && *value <= max;
}

// The index of the name at the front, in any case of letters.
template <size_t N>
bool TakeName(std::string_view* text, const std::string_view (&names)[N], bool is_short,
              int* index) {
  for (size_t i = 0; i < N; ++i) {
    const std::string_view name = is_short ? names[i].substr(0, kShortNameBytes) : names[i];
    if (text->size() < name.size()) continue;
    const bool same = std::equal(name.begin(), name.end(), text->begin(), [](char a, char b) {
      return (a | 0x20) == (b | 0x20) && std::isalpha(static_cast<unsigned char>(b)) != 0;
    });
    if (!same) continue;
    text->remove_prefix(name.size());
    *index = static_cast<int>(i);
    return true;
  }
  return false;
}

// The bytes that the name of a zone takes at the front of `text`; 0 where there is none.
size_t ZoneNameBytes(std::string_view text) {
  const auto signed_offset = [](std::string_view offset) -> size_t {
    if (offset.empty() || (offset[0] != '+' && offset[0] != '-')) return 0;
    size_t end = 1;
    int hours = 0;
    for (; end < offset.size() && IsDigit(offset[end]); ++end) {
      hours = std::min(hours * 10 + (offset[end] - '0'), 1000);
    }
    return end == 1 || hours > 23 ? 0 : end;
  };
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + signed_offset(text.substr(3));
  if (text[0] == '+' || text[0] == '-') return signed_offset(text);
  size_t upper = 0;
  while (upper < 6 && upper < text.size() && text[upper] >= 'A' && text[upper] <= 'Z') ++upper;
  if (upper == 3) return 3;
  if (upper == 4) return text[3] == 'T' || text.starts_with("WITA") ? 4 : 0;
  return upper == 5 && text[4] == 'T' ? 5 : 0;
}

int DaysIn(int month, int year) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  bool Read(std::string_view layout) {
    while (true) {
      const LayoutPiece piece = NextLayoutPiece(layout);
      if (!SkipText(&text_, piece.before)) return false;
      if (piece.element == TimeElement::kNone) return text_.empty();
      layout = piece.after;
      if (!ReadElement(piece, layout)) return false;
    }
  }

  bool Finish(const absl::TimeZone& zone, GoTime* time) {
    if (has_pm_ && pm_ && hour_ < 12) hour_ += 12;
    if (has_pm_ && !pm_ && hour_ == 12) hour_ = 0;
    if (!FinishDate()) return false;
    const absl::CivilSecond civil(year_, month_, day_, hour_, minute_, second_);
    time->nanoseconds = nanoseconds_;
    time->is_fixed = false;
    time->zone = zone;
    if (is_utc_) {
      time->zone = absl::UTCTimeZone();
    } else if (has_offset_) {
      return FinishOffset(civil, zone, time);
    } else if (!zone_name_.empty()) {
      return FinishName(civil, zone, time);
    }
    // The offset at the time as if it were UTC leads to the one that counts: what Go does, and what
    // decides about times that a change of the clocks skips or repeats.
    const int64_t utc = absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
    const int guess = time->zone.At(absl::FromUnixSeconds(utc)).offset;
    time->seconds = utc - time->zone.At(absl::FromUnixSeconds(utc - guess)).offset;
    if (guess == 0) time->seconds = utc;
    return true;
  }

 private:
  bool ReadElement(const LayoutPiece& piece, std::string_view rest_of_layout) {
    int ignored = 0;
    switch (piece.element) {
      case TimeElement::kNone:
        return true;
      case TimeElement::kYear:
        if (!TakeDigits(&text_, 2, true, &year_)) return false;
        year_ += year_ >= 69 ? 1900 : 2000;
        return true;
      case TimeElement::kLongYear:
        return TakeDigits(&text_, 4, true, &year_);
      case TimeElement::kMonth:
      case TimeElement::kLongMonth:
        if (!TakeName(&text_, kMonthNames, piece.element == TimeElement::kMonth, &month_)) {
          return false;
        }
        ++month_;
        return true;
      case TimeElement::kNumMonth:
      case TimeElement::kZeroMonth:
        return TakeNumber(&text_, piece.element == TimeElement::kZeroMonth, 1, 12, &month_);
      case TimeElement::kWeekday:
      case TimeElement::kLongWeekday:
        return TakeName(&text_, kWeekdayNames, piece.element == TimeElement::kWeekday, &ignored);
      case TimeElement::kUnderDay:
        if (text_.starts_with(' ')) text_.remove_prefix(1);
        return TakeDigits(&text_, 2, false, &day_);
      case TimeElement::kDay:
      case TimeElement::kZeroDay:
        return TakeDigits(&text_, 2, piece.element == TimeElement::kZeroDay, &day_);
      case TimeElement::kUnderYearDay:
        for (int i = 0; i < 2; ++i) {
          if (text_.starts_with(' ')) text_.remove_prefix(1);
        }
        return TakeDigits(&text_, 3, false, &year_day_);
      case TimeElement::kZeroYearDay:
        return TakeDigits(&text_, 3, true, &year_day_);
      case TimeElement::kHour:
        return TakeNumber(&text_, false, 0, 23, &hour_);
      case TimeElement::kHour12:
      case TimeElement::kZeroHour12:
        return TakeNumber(&text_, piece.element == TimeElement::kZeroHour12, 0, 12, &hour_);
      case TimeElement::kMinute:
      case TimeElement::kZeroMinute:
        return TakeNumber(&text_, piece.element == TimeElement::kZeroMinute, 0, 59, &minute_);
      case TimeElement::kSecond:
      case TimeElement::kZeroSecond:
        return TakeNumber(&text_, piece.element == TimeElement::kZeroSecond, 0, 59, &second_) &&
               ReadUnaskedFraction(rest_of_layout);
      case TimeElement::kUpperPm:
        return ReadHalf("PM", "AM");
      case TimeElement::kLowerPm:
        return ReadHalf("pm", "am");
      case TimeElement::kZone:
        return ReadOffset(piece);
      case TimeElement::kZoneName:
        return ReadZoneName();
      case TimeElement::kFraction:
        return text_.size() > piece.digits() && TakeFraction(piece.digits());
      case TimeElement::kFractionTrimmed:
        if (text_.size() < 2 || !IsPoint(text_[0]) || !IsDigit(text_[1])) return true;
        return TakeFraction(DigitsBehindPoint());
    }
    return false;
  }

  size_t DigitsBehindPoint() const {
    size_t end = 1;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    return end - 1;
  }

  // Seconds may have a fraction where the layout has none.
  bool ReadUnaskedFraction(std::string_view rest_of_layout) {
    if (text_.size() < 2 || !IsPoint(text_[0]) || !IsDigit(text_[1])) return true;
    const TimeElement next = NextLayoutPiece(rest_of_layout).element;
    if (next == TimeElement::kFraction || next == TimeElement::kFractionTrimmed) return true;
    return TakeFraction(DigitsBehindPoint());
  }

  // A point and `digits` digits, of which nine count.
  bool TakeFraction(size_t digits) {
    if (!IsPoint(text_[0])) return false;
    nanoseconds_ = 0;
    for (size_t i = 0; i < 9; ++i) {
      const char c = i < digits ? text_[1 + i] : '0';
      if (!IsDigit(c)) return false;
      nanoseconds_ = nanoseconds_ * 10 + (c - '0');
    }
    text_.remove_prefix(1 + digits);
    return true;
  }

  bool ReadHalf(std::string_view pm, std::string_view am) {
    if (!text_.starts_with(pm) && !text_.starts_with(am)) return false;
    has_pm_ = true;
    pm_ = text_.starts_with(pm);
    text_.remove_prefix(2);
    return true;
  }

  bool ReadOffset(const LayoutPiece& piece) {
    if (piece.zulu() && text_.starts_with('Z')) {
      text_.remove_prefix(1);
      is_utc_ = true;
      return true;
    }
    if (text_.empty() || (text_[0] != '+' && text_[0] != '-')) return false;
    const bool negative = text_[0] == '-';
    text_.remove_prefix(1);
    const auto colon = [&] {
      if (!piece.colons()) return true;
      if (!text_.starts_with(':')) return false;
      text_.remove_prefix(1);
      return true;
    };
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    if (!TakeNumber(&text_, true, 0, kZoneHourMax, &hours)) return false;
    if (piece.minutes() && !(colon() && TakeNumber(&text_, true, 0, kZoneMinuteMax, &minutes))) {
      return false;
    }
    if (piece.seconds() && !(colon() && TakeNumber(&text_, true, 0, kZoneMinuteMax, &seconds))) {
      return false;
    }
    has_offset_ = true;
    offset_ = (hours * 60 + minutes) * 60 + seconds;
    if (negative) offset_ = -offset_;
    return true;
  }

  bool ReadZoneName() {
    if (text_.starts_with("UTC")) {
      text_.remove_prefix(3);
      is_utc_ = true;
      return true;
    }
    const size_t bytes = ZoneNameBytes(text_);
    if (bytes == 0) return false;
    zone_name_ = text_.substr(0, bytes);
    text_.remove_prefix(bytes);
    return true;
  }

  bool FinishDate() {
    if (year_day_ >= 0) {
      const int days = DaysIn(2, year_) == 29 ? 366 : 365;
      if (year_day_ < 1 || year_day_ > days) return false;
      int month = 1;
      int day = year_day_;
      while (day > DaysIn(month, year_)) day -= DaysIn(month++, year_);
      if ((month_ >= 0 && month_ != month) || (day_ >= 0 && day_ != day)) return false;
      month_ = month;
      day_ = day;
      return true;
    }
    if (month_ < 0) month_ = 1;
    if (day_ < 0) day_ = 1;
    return day_ >= 1 && day_ <= DaysIn(month_, year_);
  }

  // An offset: the zone's own where it has it at that time, else a zone made of it.
  bool FinishOffset(const absl::CivilSecond& civil, const absl::TimeZone& zone, GoTime* time) {
    time->seconds = absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone())) - offset_;
    const absl::TimeZone::CivilInfo info = zone.At(absl::FromUnixSeconds(time->seconds));
    if (info.offset == offset_ && (zone_name_.empty() || zone_name_ == info.zone_abbr)) return true;
    time->zone = absl::FixedTimeZone(offset_);
    time->is_fixed = true;
    time->fixed_name = zone_name_;
    return true;
  }

  // A name: known only where the zone uses it at some time of that year.
  bool FinishName(const absl::CivilSecond& civil, const absl::TimeZone& zone, GoTime* time) {
    const int64_t utc = absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()));
    constexpr int64_t kHalfYear = 183LL * 86400;
    for (const int64_t near : {utc, utc - kHalfYear, utc + kHalfYear}) {
      const absl::TimeZone::CivilInfo info = zone.At(absl::FromUnixSeconds(near));
      if (zone_name_ != info.zone_abbr) continue;
      time->seconds = utc - info.offset;
      return true;
    }
    int offset = 0;
    if (zone_name_.size() > 3 && zone_name_.starts_with("GMT")) {
      std::string_view digits = zone_name_.substr(4);
      TakeDigits(&digits, 2, false, &offset);
      offset *= zone_name_[3] == '-' ? -3600 : 3600;
    }
    time->seconds = utc;
    time->zone = absl::FixedTimeZone(offset);
    time->is_fixed = true;
    time->fixed_name = zone_name_;
    return true;
  }

  std::string_view text_;
  int year_ = 0;
  int month_ = kUnset;
  int day_ = kUnset;
  int year_day_ = kUnset;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  int32_t nanoseconds_ = 0;
  bool has_pm_ = false;
  bool pm_ = false;
  bool is_utc_ = false;
  bool has_offset_ = false;
  int offset_ = 0;
  std::string_view zone_name_;
};

}  // namespace

bool ParseGoTime(std::string_view layout, std::string_view text, const absl::TimeZone& zone,
                 GoTime* time) {
  TimeReader reader(text);
  if (reader.Read(layout) && reader.Finish(zone, time)) return true;
  *time = GoTime();
  return false;
}

}  // namespace varve::query
