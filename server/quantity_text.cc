#include "server/quantity_text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "absl/time/time.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::Quote;
using storage::StrCat;

constexpr std::string_view kPowers = "KMGTPE";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<absl::Time> ParseRfc3339(std::string_view text) {
  // The tests keep out what Abseil takes beyond RFC 3339: blanks, signs, infinite times, zones
  // without a colon; and leap seconds, which Go does not know.
  if (text.size() < 20 || !IsDigit(text.front()) || !IsDigit(text[3]) || text[10] != 'T' ||
      text.back() == ' ' || text[17] == '6') {
    return std::nullopt;
  }
  if (text.back() != 'Z' && text.back() != 'z' && text[text.size() - 3] != ':') return std::nullopt;
  absl::Time time;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, storage::ToAbsl(text), &time, &ignored)) {
    return std::nullopt;
  }
  return time;
}

}  // namespace

absl::StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  const size_t digits_end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, digits_end);
  std::string_view rest = text.substr(digits_end);
  uint64_t count = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  size_t power = 0;
  if (!rest.empty() && kPowers.find(rest.front()) != std::string_view::npos) {
    power = kPowers.find(rest.front()) + 1;
    rest.remove_prefix(1);
    if (rest.starts_with('i')) rest.remove_prefix(1);
  }
  if (digits.empty() || parsed.ec != std::errc() || (!rest.empty() && rest != "B")) {
    return absl::InvalidArgumentError(StrCat("not a valid size: ", Quote(text),
                                             ", want a number and B, KB, MB, GB, TB, PB or EB"));
  }
  const uint64_t unit = 1ULL << (10 * power);
  if (count > std::numeric_limits<int64_t>::max() / unit) {
    return absl::InvalidArgumentError(StrCat("size out of range: ", Quote(text)));
  }
  return count * unit;
}

std::string ByteSizeText(uint64_t bytes) {
  std::string text;
  for (size_t power = kPowers.size(); power > 0; --power) {
    const uint64_t unit = uint64_t{1} << (10 * power);
    if (bytes >= unit) storage::StrAppend(&text, bytes / unit, kPowers.substr(power - 1, 1), "iB");
    bytes %= unit;
  }
  if (bytes > 0 || text.empty()) storage::StrAppend(&text, bytes, "B");
  return text;
}

std::optional<int64_t> ParseRfc3339Ns(std::string_view text) {
  const std::optional<absl::Time> time = ParseRfc3339(text);
  if (!time || *time < absl::FromUnixNanos(std::numeric_limits<int64_t>::min()) ||
      *time > absl::FromUnixNanos(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return absl::ToUnixNanos(*time);
}

std::optional<int64_t> ParseRfc3339Ms(std::string_view text) {
  const std::optional<absl::Time> time = ParseRfc3339(text);
  if (!time) return std::nullopt;
  return absl::ToUnixMillis(*time);
}

}  // namespace varve::server
