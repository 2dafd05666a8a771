// Numbers as Go prints them, which is how Prometheus and Loki print them.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_NUMBER_FORMAT_H_
#define QUERY_ENGINE_NUMBER_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve::query {

// strconv.FormatFloat(value, 'f', -1, 64): shortest digits that read back, never an exponent;
// NaN, +Inf and -Inf by name. Labels of count_values, and Loki's sample values.
void AppendFloat(double value, std::string* out);
// As Prometheus's JSON: 'f' inside [1e-6, 1e21), else 'e' with at least two exponent digits.
void AppendJsonFloat(double value, std::string* out);
// The same into a buffer with kJsonFloatRoom bytes of room; returns the end of the text.
inline constexpr size_t kJsonFloatRoom = 48;
char* WriteJsonFloat(double value, char* out);
// strconv.FormatFloat(value, 'g', -1, 64), as %v prints.
void AppendGeneralFloat(double value, std::string* out);
// Milliseconds as seconds: 1435781451.781; whole seconds have no fraction. Prometheus keeps three
// digits of a fraction (.780), Loki trims them (.78).
void AppendTimestampSeconds(int64_t timestamp_ms, bool trim, std::string* out);
// Go's time.Duration.String of nanoseconds: 1h0m0s, 1.5s, 150ms.
void AppendGoDuration(int64_t nanoseconds, std::string* out);
// Prometheus's model.Duration: 1h, 1m30s, 1d; 0s for zero.
void AppendPromDuration(int64_t milliseconds, std::string* out);

std::string FormatFloat(double value);
// strconv.ParseFloat(text, 64): also hexadecimal, underscores not allowed, inf and nan in any case.
bool ParseFloat(std::string_view text, double* value);

}  // namespace varve::query

#endif  // QUERY_ENGINE_NUMBER_FORMAT_H_
