// The texts of numbers, clocks, addresses and UUIDs in template columns, to values and back.
//
// Threads:  free functions without state.
// Owns:     nothing.
// Errors:   parsers are given what LineLexer took for such a text; ParseDigits says no.
#ifndef STORAGE_LOGS_TEMPLATE_NUMBER_H_
#define STORAGE_LOGS_TEMPLATE_NUMBER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace varve::storage {

// Set in a column's first byte where it has a dictionary.
inline constexpr uint8_t kDictionaryBit = 0x80;
inline constexpr size_t kIntegerDigitsMax = 19;
inline constexpr size_t kFractionDigitsMax = 17;
inline constexpr int64_t kSecondsPerDay = 86'400;
inline constexpr size_t kUuidRawBytes = 16;

// Digits that fit an int64; false for anything else.
bool ParseDigits(std::string_view text, int64_t* value);
// 0 to 15, or -1; `letter_a` is the case of the letters.
constexpr int HexDigit(char c, char letter_a) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= letter_a && c < letter_a + 6) return c - letter_a + 10;
  return -1;
}
int64_t PowerOfTen(size_t exponent);  // exponent <= 18
int64_t ParseClock(std::string_view text);
int64_t ParseIp(std::string_view text);
void AppendUuidBytes(std::string_view text, std::string* out);

// How far a clock is behind a timestamp, in [-12 h, 12 h), and the clock again.
int64_t ClockBehind(int64_t timestamp_ns, int64_t clock_s);
int64_t ClockOf(int64_t timestamp_ns, int64_t behind_s);

// Writes digits, at least `width` of them, at `out`; returns how many. REQUIRES: value >= 0, room
// for 20 or `width` bytes.
size_t WriteDigits(int64_t value, size_t width, char* out);
size_t WriteClock(int64_t clock_s, char* out);
size_t WriteIp(uint32_t ip, char* out);
size_t WriteUuid(const char* raw, char* out);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TEMPLATE_NUMBER_H_
