#include "query/engine/scalar_functions.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "storage/model/time_range.h"

namespace varve::query {
namespace {

constexpr uint64_t kSecondsPerDay = 86'400;
// Days from 0000-03-01 to 1970-01-01, and in the 400 years after which the calendar repeats.
constexpr int64_t kEpochDays = 719'468;
constexpr int64_t kDaysPerEra = 146'097;

struct Date {
  int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};

// Days from the first of January of the year -292277022399, where Go's calendar begins, to 1970.
constexpr uint64_t kGoEpochDays = 106'751'991'073'094;

// Seconds since Go's calendar began. What lies before goes round to its end, and so do numbers that
// no 64-bit integer holds: the conversion on x86-64 makes the smallest one of them.
uint64_t GoSeconds(double seconds) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const bool fits = seconds >= -kLimit && seconds < kLimit;
  const int64_t whole = fits ? static_cast<int64_t>(seconds) : std::numeric_limits<int64_t>::min();
  return static_cast<uint64_t>(whole) + kGoEpochDays * kSecondsPerDay;
}

int64_t Days(double seconds) {
  return static_cast<int64_t>(GoSeconds(seconds) / kSecondsPerDay) -
         static_cast<int64_t>(kGoEpochDays);
}

int64_t SecondOfDay(double seconds) {
  return static_cast<int64_t>(GoSeconds(seconds) % kSecondsPerDay);
}

// The year is counted from March, so that the leap day is its last and months follow a pattern of
// 153 days in five.
Date CivilDate(int64_t days) {
  days += kEpochDays;
  const int64_t era = storage::FloorDivide(days, kDaysPerEra);
  const int64_t day_of_era = days - era * kDaysPerEra;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * march_month + 2) / 5) + 1;
  const int month = static_cast<int>(march_month < 10 ? march_month + 3 : march_month - 9);
  return {era * 400 + year_of_era + (month <= 2 ? 1 : 0), month, day};
}

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int MonthDays(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

Date DateOf(double seconds) { return CivilDate(Days(seconds)); }

}  // namespace

double GoMax(double a, double b) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a == kInfinity || b == kInfinity) return kInfinity;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double GoMin(double a, double b) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a == -kInfinity || b == -kInfinity) return -kInfinity;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

double Sign(double value) {
  if (value < 0) return -1;
  if (value > 0) return 1;
  return value;
}

double Degrees(double radians) { return radians * 180 / std::numbers::pi; }
double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

double RoundToMultiple(double value, double inverse) {
  return std::floor(value * inverse + 0.5) / inverse;
}

double Minute(double seconds) { return static_cast<double>(SecondOfDay(seconds) / 60 % 60); }
double Hour(double seconds) { return static_cast<double>(SecondOfDay(seconds) / 3600); }

double DayOfWeek(double seconds) {
  const int64_t weekday = (Days(seconds) + 4) % 7;  // the epoch was a Thursday
  return static_cast<double>(weekday < 0 ? weekday + 7 : weekday);
}

double DayOfMonth(double seconds) { return DateOf(seconds).day; }

double DayOfYear(double seconds) {
  const Date date = DateOf(seconds);
  int days = date.day;
  for (int month = 1; month < date.month; ++month) days += MonthDays(date.year, month);
  return days;
}

double DaysInMonth(double seconds) {
  const Date date = DateOf(seconds);
  return MonthDays(date.year, date.month);
}

double Month(double seconds) { return DateOf(seconds).month; }
double Year(double seconds) { return static_cast<double>(DateOf(seconds).year); }

}  // namespace varve::query
