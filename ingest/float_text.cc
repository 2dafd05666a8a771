#include "ingest/float_text.h"

#include <bit>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

namespace varve::ingest {
namespace {

// The quiet NaN that Go's math.NaN gives, which is what Prometheus stores for `NaN`.
constexpr uint64_t kNormalNanBits = 0x7ff8000000000001;

bool EqualsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
  }
  return true;
}

// from_chars says "out of range" for both ends and leaves the value alone; strtod saturates.
double Saturated(std::string_view text) { return std::strtod(std::string(text).c_str(), nullptr); }

}  // namespace

bool ParseFloatText(std::string_view text, double* value) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text[0] == '+' || text[0] == '-') return false;
  double magnitude = 0;
  if (EqualsLower(text, "inf") || EqualsLower(text, "infinity")) {
    magnitude = std::numeric_limits<double>::infinity();
  } else if (EqualsLower(text, "nan")) {
    *value = std::bit_cast<double>(kNormalNanBits);
    return true;
  } else {
    const bool hexadecimal =
        text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const std::string_view digits = hexadecimal ? text.substr(2) : text;
    const char first = digits[0];
    if (!std::isxdigit(static_cast<unsigned char>(first)) && first != '.') return false;
    const auto parsed =
        std::from_chars(digits.data(), digits.data() + digits.size(), magnitude,
                        hexadecimal ? std::chars_format::hex : std::chars_format::general);
    if (parsed.ptr != digits.data() + digits.size()) return false;
    if (parsed.ec == std::errc::result_out_of_range) {
      magnitude = Saturated(text);
    } else if (parsed.ec != std::errc()) {
      return false;
    }
  }
  *value = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace varve::ingest
