#include "query/promql/duration_text.h"

#include <cmath>
#include <limits>

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrCat;

struct Unit {
  std::string_view name;
  uint64_t milliseconds;
};

// From great to small: a duration may use them in this order only.
constexpr Unit kUnits[] = {
    {"y", 31'536'000'000}, {"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000},
    {"m", 60'000},         {"s", 1'000},       {"ms", 1},
};

// What 63 bits of nanoseconds can hold.
constexpr uint64_t kMillisecondsMax = std::numeric_limits<int64_t>::max() / 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status Invalid(std::string_view message) {
  return absl::InvalidArgumentError(storage::ToAbsl(message));
}

}  // namespace

absl::StatusOr<int64_t> ParsePromDuration(std::string_view text) {
  if (text.empty()) return Invalid("empty duration string");
  if (text == "0") return 0;
  const std::string not_valid = StrCat("not a valid duration string: ", Quote(text));
  std::string_view rest = text;
  size_t units_used = 0;
  uint64_t total = 0;
  while (!rest.empty()) {
    size_t digits = 0;
    uint64_t count = 0;
    while (digits < rest.size() && IsDigit(rest[digits])) {
      if (count > std::numeric_limits<uint64_t>::max() / 10 - 1) return Invalid(not_valid);
      count = count * 10 + static_cast<uint64_t>(rest[digits] - '0');
      ++digits;
    }
    rest.remove_prefix(digits);
    size_t letters = 0;
    while (letters < rest.size() && !IsDigit(rest[letters])) ++letters;
    if (digits == 0 || letters == 0) return Invalid(not_valid);
    const std::string_view name = rest.substr(0, letters);
    rest.remove_prefix(letters);
    size_t unit = 0;
    while (unit < std::size(kUnits) && kUnits[unit].name != name) ++unit;
    if (unit == std::size(kUnits)) {
      return Invalid(StrCat("unknown unit ", Quote(name), " in duration ", Quote(text)));
    }
    if (unit < units_used) return Invalid(not_valid);
    units_used = unit + 1;
    const uint64_t room = kMillisecondsMax - total;
    if (count > room / kUnits[unit].milliseconds) return Invalid("duration out of range");
    total += count * kUnits[unit].milliseconds;
  }
  return static_cast<int64_t>(total);
}

absl::StatusOr<int64_t> ParseDuration(std::string_view text) {
  double seconds = 0;
  if (ParseFloat(text, &seconds)) {
    // As in Go no number is less than all durations.
    if (std::isnan(seconds)) return -static_cast<int64_t>(kMillisecondsMax);
    if (!(std::fabs(seconds) < kDurationSecondsMax)) {
      return Invalid(
          StrCat("cannot parse ", Quote(text), " to a valid duration. It overflows int64"));
    }
    return static_cast<int64_t>(seconds * 1e9) / 1'000'000;
  }
  if (auto milliseconds = ParsePromDuration(text); milliseconds.ok()) return milliseconds;
  return Invalid(StrCat("cannot parse ", Quote(text), " to a valid duration"));
}

int64_t SecondsToMilliseconds(double seconds) {
  const double nanoseconds = std::round(seconds * 1e9);
  constexpr double kLimit = 9223372036854775808.0;
  if (nanoseconds >= kLimit) return static_cast<int64_t>(kMillisecondsMax);
  if (nanoseconds <= -kLimit) return -static_cast<int64_t>(kMillisecondsMax);
  return static_cast<int64_t>(nanoseconds) / 1'000'000;
}

}  // namespace varve::query
