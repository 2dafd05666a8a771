// WebSocketFeed: what a handler answers with to make a WebSocket of its connection, on which only
// the server talks.
//
// Threads:  thread-compatible; the connection calls it on its I/O thread. `wake` is thread-safe.
// Source:   RFC 6455.
#ifndef SERVER_HTTP_WEB_SOCKET_H_
#define SERVER_HTTP_WEB_SOCKET_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace varve::server {

class WebSocketFeed {
 public:
  virtual ~WebSocketFeed() = default;

  // The first call. From now on the feed calls `wake`, from any thread, when NextFrame has
  // something after it had nothing.
  virtual void Start(std::function<void()> wake) = 0;
  // The next text frame; called when the one before has left for the client. nullopt: nothing now.
  virtual std::optional<std::string> NextFrame() = 0;
  // Asked when NextFrame had nothing: after how long it will have something, though nobody calls
  // `wake`. nullopt: `wake` is called.
  virtual std::optional<std::chrono::milliseconds> NextFrameDue() { return std::nullopt; }
  // The last call, perhaps the only one: the client is gone, or the server stops. `wake` must not
  // be called any more.
  virtual void Stop() = 0;
};

}  // namespace varve::server

#endif  // SERVER_HTTP_WEB_SOCKET_H_
