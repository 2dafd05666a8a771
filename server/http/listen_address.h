// Addresses to listen on, as flags and logs have them: `127.0.0.1:8278`, `[::1]:8278`, `:8278`.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT for what is no host:port.
#ifndef SERVER_HTTP_LISTEN_ADDRESS_H_
#define SERVER_HTTP_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace varve::server {

struct ListenAddress {
  std::string host;  // without brackets; empty: all interfaces
  uint16_t port = 0;
};
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view address);

// A bound address as text; one of IPv6 in brackets.
std::string AddressText(std::string_view host, uint16_t port);

}  // namespace varve::server

#endif  // SERVER_HTTP_LISTEN_ADDRESS_H_
