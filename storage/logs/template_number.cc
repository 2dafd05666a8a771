#include "storage/logs/template_number.h"

#include <array>
#include <cstring>

#include "storage/logs/short_copy.h"
#include "storage/model/time_range.h"

namespace varve::storage {
namespace {

constexpr std::array<char, 200> MakePairs() {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> kPairs = MakePairs();
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kUuidDashes[] = {8, 13, 18, 23};

int64_t TwoDigits(const char* text) { return (text[0] - '0') * 10 + (text[1] - '0'); }

void WritePair(int64_t value, char* out) { std::memcpy(out, &kPairs[2 * value], 2); }

int64_t SecondOfDay(int64_t timestamp_ns) {
  const int64_t seconds = FloorDivide(timestamp_ns, 1'000'000'000);
  return seconds - FloorDivide(seconds, kSecondsPerDay) * kSecondsPerDay;
}

}  // namespace

bool ParseDigits(std::string_view text, int64_t* value) {
  if (text.empty() || text.size() > kIntegerDigitsMax) return false;
  uint64_t sum = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    sum = sum * 10 + static_cast<uint64_t>(c - '0');
  }
  if (sum > INT64_MAX) return false;
  *value = static_cast<int64_t>(sum);
  return true;
}

int64_t PowerOfTen(size_t exponent) {
  int64_t power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

int64_t ParseClock(std::string_view text) {
  return TwoDigits(&text[0]) * 3600 + TwoDigits(&text[3]) * 60 + TwoDigits(&text[6]);
}

int64_t ParseIp(std::string_view text) {
  uint32_t ip = 0;
  uint32_t octet = 0;
  for (const char c : text) {
    if (c == '.') {
      ip = ip << 8 | octet;
      octet = 0;
    } else {
      octet = octet * 10 + static_cast<uint32_t>(c - '0');
    }
  }
  return ip << 8 | octet;
}

void AppendUuidBytes(std::string_view text, std::string* out) {
  int high = -1;
  for (const char c : text) {
    if (c == '-') continue;
    const int digit = HexDigit(c, 'a');
    if (high < 0) {
      high = digit;
    } else {
      out->push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
}

int64_t ClockBehind(int64_t timestamp_ns, int64_t clock_s) {
  int64_t behind = SecondOfDay(timestamp_ns) - clock_s;
  if (behind >= kSecondsPerDay / 2) behind -= kSecondsPerDay;
  if (behind < -kSecondsPerDay / 2) behind += kSecondsPerDay;
  return behind;
}

int64_t ClockOf(int64_t timestamp_ns, int64_t behind_s) {
  int64_t clock = SecondOfDay(timestamp_ns) - behind_s;
  if (clock < 0) clock += kSecondsPerDay;
  if (clock >= kSecondsPerDay) clock -= kSecondsPerDay;
  return clock;
}

size_t WriteDigits(int64_t value, size_t width, char* out) {
  char digits[24];
  char* const end = digits + sizeof(digits);
  char* at = end;
  auto rest = static_cast<uint64_t>(value);
  while (rest >= 100) {
    at -= 2;
    std::memcpy(at, &kPairs[2 * (rest % 100)], 2);
    rest /= 100;
  }
  if (rest >= 10) {
    at -= 2;
    std::memcpy(at, &kPairs[2 * rest], 2);
  } else {
    *--at = static_cast<char>('0' + rest);
  }
  const auto count = static_cast<size_t>(end - at);
  if (count >= width) {
    ShortCopy(out, at, count);
    return count;
  }
  for (size_t i = 0; i < width - count; ++i) out[i] = '0';
  ShortCopy(out + width - count, at, count);
  return width;
}

size_t WriteClock(int64_t clock_s, char* out) {
  WritePair(clock_s / 3600, out);
  out[2] = ':';
  WritePair(clock_s / 60 % 60, out + 3);
  out[5] = ':';
  WritePair(clock_s % 60, out + 6);
  return 8;
}

size_t WriteIp(uint32_t ip, char* out) {
  size_t length = 0;
  for (int shift = 24; shift >= 0; shift -= 8) {
    length += WriteDigits(ip >> shift & 0xff, 1, out + length);
    if (shift > 0) out[length++] = '.';
  }
  return length;
}

size_t WriteUuid(const char* raw, char* out) {
  size_t at = 0;
  size_t dash = 0;
  for (size_t i = 0; i < kUuidRawBytes; ++i) {
    if (dash < 4 && at == kUuidDashes[dash]) {
      out[at++] = '-';
      ++dash;
    }
    const auto byte = static_cast<uint8_t>(raw[i]);
    out[at++] = kHexDigits[byte >> 4];
    out[at++] = kHexDigits[byte & 15];
  }
  return at;
}

}  // namespace varve::storage
