// Layouts of Go's times, cut into elements: `2006` is the year, `Jan` the month.
//
// Threads:  functions without state.
// Source:   the documentation of Go's package time.
#ifndef QUERY_TEMPLATE_TIME_LAYOUT_H_
#define QUERY_TEMPLATE_TIME_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace varve::query {

enum class TimeElement : uint8_t {
  kNone,
  kLongMonth,       // January
  kMonth,           // Jan
  kNumMonth,        // 1
  kZeroMonth,       // 01
  kLongWeekday,     // Monday
  kWeekday,         // Mon
  kDay,             // 2
  kUnderDay,        // _2
  kZeroDay,         // 02
  kUnderYearDay,    // __2
  kZeroYearDay,     // 002
  kHour,            // 15
  kHour12,          // 3
  kZeroHour12,      // 03
  kMinute,          // 4
  kZeroMinute,      // 04
  kSecond,          // 5
  kZeroSecond,      // 05
  kLongYear,        // 2006
  kYear,            // 06
  kUpperPm,         // PM
  kLowerPm,         // pm
  kZoneName,        // MST
  kZone,            // -0700, Z0700 and their kin
  kFraction,        // .000
  kFractionTrimmed  // .999
};

struct LayoutPiece {
  std::string_view before;  // what stands before the element
  TimeElement element = TimeElement::kNone;
  std::string_view text;   // the element as written
  std::string_view after;  // the rest of the layout

  // Of kZone.
  bool zulu() const { return text[0] == 'Z'; }
  bool colons() const { return text.find(':') != text.npos; }
  bool minutes() const { return text.size() > 3; }
  bool seconds() const { return text.size() > 6; }
  // Of kFraction and kFractionTrimmed.
  size_t digits() const { return text.size() - 1; }
};

LayoutPiece NextLayoutPiece(std::string_view layout);

inline constexpr std::string_view kMonthNames[] = {"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
// From Sunday.
inline constexpr std::string_view kWeekdayNames[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                     "Thursday", "Friday", "Saturday"};
inline constexpr size_t kShortNameBytes = 3;

}  // namespace varve::query

#endif  // QUERY_TEMPLATE_TIME_LAYOUT_H_
