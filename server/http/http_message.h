// HttpRequest and HttpResponse: what a handler gets and what it fills. Nothing here knows sockets.
//
// Threads:  values; `cancelled` is shared with the connection and may be set at any time.
#ifndef SERVER_HTTP_HTTP_MESSAGE_H_
#define SERVER_HTTP_HTTP_MESSAGE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/http/query_parameters.h"

namespace varve::server {

struct HttpRequest {
  std::string method;
  std::string path;  // as it was sent, percent-encoding included, without the query
  QueryParameters query;
  std::string query_text;  // the query of the URL as it was sent, without the question mark
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  // Filled by the router: the decoded values of the `{name}` segments of the route, in order.
  std::vector<std::string> path_parameters;
  // How long it waited for a thread.
  int64_t queue_ns = 0;
  // Set when the client leaves before it was answered.
  std::shared_ptr<std::atomic<bool>> cancelled;
  // Called then, on the thread on which the handler was called, by what it was set to before the
  // handler returned. nullptr where nobody would call it.
  std::shared_ptr<std::function<void()>> on_cancelled;

  // The first header of this lower-case name; empty where there is none.
  std::string_view Header(std::string_view name) const;
};

class WebSocketFeed;

// A body that is made while it is sent, piece by piece, so that it never is in memory as a whole.
//
// Threads:  one at a time, not always the same one. Destroyed on any thread.
class HttpBodySource {
 public:
  virtual ~HttpBodySource() = default;
  // Replaces `*piece` by the next bytes of the body; empty: there are no more. After an error the
  // connection is closed in the middle of the body, so that the client sees that it is not whole.
  virtual absl::Status Next(std::string* piece) = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  // The body: what lies in `front`, piece after piece, and then `body`. Long answers are made in
  // pieces by several threads, and sent so.
  std::vector<std::string> front;
  std::string body;
  // What comes behind `body`, which is then the first piece; nullptr: nothing.
  std::shared_ptr<HttpBodySource> source;
  // Runs a call of the source, which may take long, on a thread of its own; empty: on the I/O
  // thread. Set by the dispatcher.
  std::function<void(std::function<void()>)> executor;
  bool close = false;  // end the connection after this answer
  // The connection is one that writes: it goes on where no answers of queries are in its way.
  bool of_write = false;
  // Make the connection a WebSocket that sends this feed; the rest of the answer is then of no
  // meaning. Only for requests with IsWebSocketUpgrade.
  std::shared_ptr<WebSocketFeed> feed;

  size_t body_bytes() const;
  // Moves the whole body into `body`.
  void JoinBody();
};

HttpResponse PlainTextResponse(int status, std::string text);

// Whether a request asks for its connection to become a WebSocket.
bool IsWebSocketUpgrade(const HttpRequest& request);

// "Not Found" for 404; 499 has the name its users know it by.
std::string_view StatusText(int status);

// Whether ASCII texts are equal but for the case of letters.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);
// Without spaces and tabs at both ends.
std::string_view TrimBlanks(std::string_view text);

}  // namespace varve::server

#endif  // SERVER_HTTP_HTTP_MESSAGE_H_
