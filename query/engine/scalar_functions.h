// Functions of one number: rounding, clamping, signs and the fields of the calendar.
//
// They behave as Go's math and time packages do where C differs.
// Threads:  functions without state.
#ifndef QUERY_ENGINE_SCALAR_FUNCTIONS_H_
#define QUERY_ENGINE_SCALAR_FUNCTIONS_H_

namespace varve::query {

// The greater and the smaller of two; a NaN wins over all but the infinity looked for.
double GoMax(double a, double b);
double GoMin(double a, double b);

double Sign(double value);  // -1 or 1; zeros and NaN stay
double Degrees(double radians);
double Radians(double degrees);
// To the nearest multiple of 1 / inverse; halves go up.
double RoundToMultiple(double value, double inverse);

// Fields of a time given as seconds since the Unix epoch, in UTC.
double Minute(double seconds);
double Hour(double seconds);
double DayOfWeek(double seconds);   // Sunday is 0
double DayOfMonth(double seconds);  // from 1
double DayOfYear(double seconds);   // from 1
double DaysInMonth(double seconds);
double Month(double seconds);  // from 1
double Year(double seconds);

}  // namespace varve::query

#endif  // QUERY_ENGINE_SCALAR_FUNCTIONS_H_
