#include "query/logql/ip_matcher.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <string>

#include "storage/model/text.h"

namespace varve::query {
namespace {

constexpr size_t kAddressTextMax = 45;
constexpr size_t kV4PrefixBytes = 12;

bool IsAddressByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' ||
         c == ':';
}

}  // namespace

bool IpMatcher::Parse(std::string_view text, Address* address, bool* is_v4) {
  if (text.empty() || text.size() > kAddressTextMax) return false;
  char buffer[kAddressTextMax + 1];
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  address->fill(0);
  if (inet_pton(AF_INET, buffer, address->data() + kV4PrefixBytes) == 1) {
    (*address)[10] = (*address)[11] = 0xff;
    *is_v4 = true;
    return true;
  }
  *is_v4 = false;
  return inet_pton(AF_INET6, buffer, address->data()) == 1;
}

absl::StatusOr<IpMatcher> IpMatcher::Create(std::string_view pattern) {
  const absl::Status invalid =
      absl::InvalidArgumentError(storage::StrCat("ip: invalid pattern: ", storage::Quote(pattern)));
  IpMatcher matcher;
  bool is_v4 = false;
  bool last_is_v4 = false;
  if (const size_t slash = pattern.find('/'); slash != pattern.npos) {
    if (!Parse(pattern.substr(0, slash), &matcher.first_, &is_v4)) return invalid;
    const std::string_view bits_text = pattern.substr(slash + 1);
    unsigned bits = 0;
    const char* bits_end = bits_text.data() + bits_text.size();
    const auto parsed = std::from_chars(bits_text.data(), bits_end, bits);
    if (bits_text.empty() || parsed.ec != std::errc() || parsed.ptr != bits_end ||
        bits > (is_v4 ? 32U : 128U)) {
      return invalid;
    }
    if (is_v4) bits += 8 * kV4PrefixBytes;
    matcher.last_ = matcher.first_;
    for (unsigned bit = bits; bit < 128; ++bit) {
      const auto mask = static_cast<uint8_t>(0x80U >> (bit % 8));
      matcher.first_[bit / 8] = static_cast<uint8_t>(matcher.first_[bit / 8] & ~mask);
      matcher.last_[bit / 8] = static_cast<uint8_t>(matcher.last_[bit / 8] | mask);
    }
    return matcher;
  }
  if (const size_t dash = pattern.find('-'); dash != pattern.npos) {
    if (!Parse(pattern.substr(0, dash), &matcher.first_, &is_v4) ||
        !Parse(pattern.substr(dash + 1), &matcher.last_, &last_is_v4) || is_v4 != last_is_v4 ||
        matcher.last_ < matcher.first_) {
      return invalid;
    }
    return matcher;
  }
  if (!Parse(pattern, &matcher.first_, &is_v4)) return invalid;
  matcher.last_ = matcher.first_;
  return matcher;
}

bool IpMatcher::MatchesAny(std::string_view text) const {
  size_t i = 0;
  while (i < text.size()) {
    if (!IsAddressByte(text[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    while (end < text.size() && IsAddressByte(text[end])) ++end;
    std::string_view run = text.substr(i, end - i);
    i = end;
    Address address;
    bool is_v4 = false;
    // `10.0.0.7:80` is an address and a port; `at 10.0.0.7.` ends a sentence.
    while (run.size() > 1 && run.back() == '.') run.remove_suffix(1);
    if (run.find('.') == run.npos && run.find(':') == run.npos) continue;
    if (Parse(run, &address, &is_v4)) {
      if (Contains(address)) return true;
      continue;
    }
    if (run.back() == ':') run.remove_suffix(1);
    if (Parse(run, &address, &is_v4)) {
      if (Contains(address)) return true;
      continue;
    }
    const size_t colon = run.rfind(':');
    if (colon != run.npos && Parse(run.substr(0, colon), &address, &is_v4) && Contains(address)) {
      return true;
    }
  }
  return false;
}

}  // namespace varve::query
