// HttpListener: HTTP/1.1 over TCP. Reads requests, hands them to one handler, writes the answers.
//
// One event loop per I/O thread; a connection stays on the one it was given. Parsing is Beast's and
// strict; what it refuses is answered 4xx and the connection closed, so that one stream of bytes
// never has two readings. While a request is handled its connection is watched: when the client
// leaves, `cancelled` of the request is set at once.
//
// Threads:  thread-safe, except Stop. The handler is called on an I/O thread and must return soon:
//           long work belongs on a pool, from where the responder may be called, exactly once.
// Owns:     its threads and sockets. Everything that still holds a responder must have ended before
//           the listener is destroyed.
// Errors:   Start: UNAVAILABLE for an address that cannot be bound, INVALID_ARGUMENT for a bad one.
#ifndef SERVER_HTTP_HTTP_LISTENER_H_
#define SERVER_HTTP_HTTP_LISTENER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/http_message.h"

namespace varve::server {

struct HttpListenerOptions {
  std::vector<std::string> addresses = {"127.0.0.1:8278"};  // host:port; port 0 takes a free one
  // For connections that write there are as many again.
  size_t io_threads = 2;
  // Grafana puts whole queries into URLs, so the header limit is Go's, not Beast's 8 KiB.
  size_t header_bytes_max = 1 << 20;
  size_t header_count_max = 256;
  uint64_t body_bytes_max = 64ULL << 20;
  // Bodies of all connections together; beyond it requests are answered 503.
  uint64_t body_bytes_in_flight_max = 256ULL << 20;
  size_t connections_max = 1024;
  // From the first byte of a request to the end of its headers.
  int64_t header_timeout_ms = 10'000;
  // Without any byte between two requests.
  int64_t idle_timeout_ms = 120'000;
  // Without any byte of a body, or any byte of an answer taken by the client. A body that has taken
  // longer than this must also have come at this rate on average.
  int64_t stall_timeout_ms = 30'000;
  uint64_t body_bytes_per_second_min = 1024;
  // The status for a body that is too long, by path; nullptr: 413. Shippers retry 413 for ever.
  std::function<int(std::string_view path)> oversized_body_status;
};

// Counts since the start, for /metrics.
struct HttpListenerStats {
  std::atomic<uint64_t> connections{0};  // open now
  std::atomic<uint64_t> connections_total{0};
  std::atomic<uint64_t> connections_refused_total{0};
  std::atomic<uint64_t> connections_evicted_total{0};
  std::atomic<uint64_t> requests_in_flight{0};
  std::atomic<uint64_t> requests_refused_total{0};    // malformed, too long or too slow
  std::atomic<uint64_t> requests_cancelled_total{0};  // the client left
  std::atomic<uint64_t> body_bytes_in_flight{0};
  std::atomic<uint64_t> received_bytes_total{0};
  std::atomic<uint64_t> sent_bytes_total{0};
};

using HttpResponder = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(HttpRequest, HttpResponder)>;

class HttpListener {
 public:
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(HttpListenerOptions options,
                                                             HttpHandler handler);
  virtual ~HttpListener() = default;

  // The addresses in the order of the options, with their real ports.
  virtual std::vector<std::string> addresses() const = 0;
  virtual const HttpListenerStats& stats() const = 0;

  // Takes no more connections, closes idle ones; answers from now on end their connection.
  virtual void StopAccepting() = 0;
  // Waits until no request is being read, handled or answered; false when that took too long.
  virtual bool Drain(int64_t timeout_ms) = 0;
  // Closes every connection and ends the threads.
  virtual void Stop() = 0;
};

}  // namespace varve::server

#endif  // SERVER_HTTP_HTTP_LISTENER_H_
