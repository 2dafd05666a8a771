// IpMatcher: `ip("10.0.0.0/8")`: whether a text holds an address of a set.
//
// Threads:  immutable.
// Errors:   INVALID_ARGUMENT: `ip: invalid pattern: "x"`.
#ifndef QUERY_LOGQL_IP_MATCHER_H_
#define QUERY_LOGQL_IP_MATCHER_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::query {

class IpMatcher {
 public:
  // An address, a range `a-b`, or a CIDR block; IPv4 or IPv6.
  static absl::StatusOr<IpMatcher> Create(std::string_view pattern);

  // Whether an address anywhere in `text` is in the set.
  bool MatchesAny(std::string_view text) const;

 private:
  // IPv4 as ::ffff:a.b.c.d, so that one comparison serves both.
  using Address = std::array<uint8_t, 16>;

  static bool Parse(std::string_view text, Address* address, bool* is_v4);
  bool Contains(const Address& address) const { return first_ <= address && address <= last_; }

  Address first_{};
  Address last_{};
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_IP_MATCHER_H_
