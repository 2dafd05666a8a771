// HttpSession: one connection, from accept to close. Private to server/http.
//
// A session is a small state machine around one socket in non-blocking mode. It waits for the
// socket to become readable, rather than reading into a buffer of its own, so that an idle
// connection costs no buffer and the wait goes on while a request is handled: end of file is then
// the client leaving.
//
// A connection begins on one of the loops for all and, once it has written, goes on in a session on
// a loop for writers: there its requests wait neither for the bytes of a dashboard's answers nor,
// as that thread has little to do, for a processor.
//
// Threads:  one-thread: the I/O thread of its loop, except Respond.
// Owns:     its socket. Kept alive by its loop until it is closed, and by the responder.
#ifndef SERVER_HTTP_HTTP_SESSION_H_
#define SERVER_HTTP_HTTP_SESSION_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/http/http_listener.h"

namespace varve::server {

class HttpSession;
class WebSocketSession;

// What all connections of a listener share.
struct HttpShared {
  HttpListenerOptions options;
  HttpHandler handler;
  HttpListenerStats stats;
  std::atomic<bool> stopping{false};
};

// One event loop and the connections that live on it.
struct HttpLoop {
  explicit HttpLoop(HttpShared* all);

  HttpShared* shared;
  HttpLoop* for_writers = nullptr;  // where connections that write go; nullptr: they stay
  boost::asio::io_context context{1};
  std::vector<char> scratch;  // where all connections of the loop read
  absl::flat_hash_map<HttpSession*, std::shared_ptr<HttpSession>> sessions;  // open ones
  absl::flat_hash_map<WebSocketSession*, std::shared_ptr<WebSocketSession>> web_sockets;

  void CloseSessions(bool only_idle);
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Clock = std::chrono::steady_clock;

  // The connection is counted already.
  HttpSession(boost::asio::ip::tcp::socket socket, HttpLoop* loop);
  ~HttpSession();

  void Start();
  // Thread-safe: brings the answer to the I/O thread.
  void Respond(HttpResponse response);
  // Closes the connection if it is between two requests.
  void CloseIfIdle();
  void Close();

  bool idle() const { return state_ == State::kIdle; }
  Clock::time_point idle_since() const { return phase_start_; }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  // kProducing: the next piece of a body is being made.
  enum class State { kIdle, kReading, kHandling, kWriting, kProducing, kLingering, kClosed };

  void WaitReadable();
  void OnReadable();
  void OnEndOfFile();
  // While a request is handled.
  void OnClientLeft();
  // Forgets what is to be called when the client leaves.
  void DropHook();
  void OnData(std::string_view data);
  // Parses as much of `input` as one request takes; returns how many bytes that was.
  size_t Parse(std::string_view input);
  void ParsePending();
  // Strictness beyond Beast's, once the headers are there. False: the request was refused.
  bool CheckHeaders();
  bool CheckBodyBudget();
  void Dispatch();
  void Refuse(int status, std::string_view reason);
  void RefuseParseError(const boost::system::error_code& error);

  void BeginWrite(HttpResponse response);
  void BecomeWebSocket(std::shared_ptr<WebSocketFeed> feed);
  void ContinueWrite();
  // The body of an answer that is made while it is sent, piece by piece.
  void ProducePiece();
  void OnPiece(const absl::Status& status, std::string piece);
  void StartPiece(std::string piece);
  void FinishRequest();
  // Goes on, between two requests, on another loop; false: it cannot.
  bool MoveTo(HttpLoop* loop);
  void Linger();

  void SetDeadline(int64_t timeout_ms);
  void ArmTimer();
  void OnTimer();
  void BeginRequest();
  void EndRequest();
  void ReleaseBody();

  HttpLoop* loop_;
  HttpShared* shared_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point timer_at_ = Clock::time_point::max();
  Clock::time_point phase_start_;

  State state_ = State::kIdle;
  bool waiting_readable_ = false;
  bool end_of_file_ = false;
  bool in_flight_ = false;
  bool moved_ = false;                        // the connection goes on elsewhere
  bool reading_ = false;                      // what came in is being parsed
  std::optional<HttpResponse> early_answer_;  // what the handler gave before it returned
  std::string pending_;                       // received, not yet parsed
  std::optional<Parser> parser_;
  bool headers_checked_ = false;
  uint64_t body_held_ = 0;  // our part of body_bytes_in_flight
  std::shared_ptr<std::atomic<bool>> cancelled_;
  std::shared_ptr<std::function<void()>> on_cancelled_;
  std::string web_socket_key_;  // of a request for an upgrade

  bool keep_alive_ = false;
  bool of_write_ = false;  // the request under way
  bool head_ = false;
  unsigned version_ = 11;
  // The answer: its head, then its body in pieces; those before out_at_ are sent, and out_sent_
  // bytes of that one.
  std::vector<std::string> out_;
  size_t out_at_ = 0;
  size_t out_sent_ = 0;
  bool chunked_ = false;                    // the body goes out in chunks
  std::shared_ptr<HttpBodySource> source_;  // of the rest of the body; nullptr: there is none
  std::function<void(std::function<void()>)> executor_;
};

}  // namespace varve::server

#endif  // SERVER_HTTP_HTTP_SESSION_H_
