// WebSocketSession: a connection after its upgrade to a WebSocket. Private to server/http.
//
// Sends what its feed has, frame by frame; pings a silent client, and drops one that does not
// answer. One that is slow to take a frame is left alone as long as it takes any of it: what it
// misses meanwhile is the feed's affair. Reads only to learn that the client leaves.
//
// Threads:  one-thread: the I/O thread of its loop, except the feed's `wake`.
// Owns:     its socket. Kept alive by its loop until it is closed.
#ifndef SERVER_HTTP_WEB_SOCKET_SESSION_H_
#define SERVER_HTTP_WEB_SOCKET_SESSION_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http/http_session.h"
#include "server/http/web_socket.h"

namespace varve::server {

class WebSocketSession : public std::enable_shared_from_this<WebSocketSession> {
 public:
  using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

  WebSocketSession(boost::asio::ip::tcp::socket socket, HttpLoop* loop,
                   std::shared_ptr<WebSocketFeed> feed);
  ~WebSocketSession();

  // Answers the request with 101 and begins to send.
  void Start(UpgradeRequest request);
  // Drops the connection without a closing handshake: clients that see one do not come back.
  void Close();

 private:
  void Read();
  void Write();
  // Writes again when the feed says so.
  void WriteWhenDue();
  // Looks, now and then, whether the client is still there.
  void Watch();

  HttpLoop* loop_;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> stream_;
  std::shared_ptr<WebSocketFeed> feed_;
  boost::asio::steady_timer due_;
  boost::asio::steady_timer watch_;
  boost::beast::flat_buffer received_;
  std::string frame_;
  bool heard_ = false;            // since Watch last looked
  int silent_ = 0;                // times that Watch saw nothing of the client
  uint64_t confirmed_bytes_ = 0;  // when Watch last looked
  bool writing_ = false;
  bool pinging_ = false;
  bool started_ = false;
  bool closed_ = false;
};

}  // namespace varve::server

#endif  // SERVER_HTTP_WEB_SOCKET_SESSION_H_
