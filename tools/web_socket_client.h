// WebSocketClient: reads the text frames that a server sends over a WebSocket.
//
// Threads:  one-thread.
// Owns:     the connection.
// Errors:   Open: INVALID_ARGUMENT for a URL that cannot be used; UNAVAILABLE where the server
//           cannot be reached; what the server answers instead of a WebSocket as HttpClient has it.
//           Read: UNAVAILABLE when the connection ended, or nothing came for so long that it must
//           have.
// Source:   RFC 6455.
#ifndef TOOLS_WEB_SOCKET_CLIENT_H_
#define TOOLS_WEB_SOCKET_CLIENT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tools/http_client.h"

namespace varve::tools {

class WebSocketClient {
 public:
  // `http` says where the server is, and how long to wait for it.
  static absl::StatusOr<std::unique_ptr<WebSocketClient>> Open(const HttpClient& http,
                                                               std::string_view path,
                                                               const HttpParameters& parameters);
  virtual ~WebSocketClient() = default;

  // Waits for the next frame; pings keep the connection alive meanwhile.
  virtual absl::StatusOr<std::string> Read() = 0;
};

}  // namespace varve::tools

#endif  // TOOLS_WEB_SOCKET_CLIENT_H_
