#include "server/http/listen_address.h"

#include "storage/model/text.h"

namespace varve::server {

using storage::StrCat;

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  std::string_view port;
  ListenAddress result;
  if (colon != std::string_view::npos) {
    result.host = address.substr(0, colon);
    port = address.substr(colon + 1);
  }
  if (result.host.size() > 2 && result.host.front() == '[' && result.host.back() == ']') {
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find(':') != std::string::npos) {
    port = {};
  }
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string_view::npos;
  const int number = digits ? std::stoi(std::string(port)) : -1;
  if (number < 0 || number > 65535) {
    return absl::InvalidArgumentError(
        StrCat("cannot listen on ", storage::Quote(address), ": want host:port"));
  }
  result.port = static_cast<uint16_t>(number);
  return result;
}

std::string AddressText(std::string_view host, uint16_t port) {
  const bool is_v6 = host.find(':') != std::string_view::npos;
  return is_v6 ? StrCat("[", host, "]:", port) : StrCat(host, ":", port);
}

}  // namespace varve::server
