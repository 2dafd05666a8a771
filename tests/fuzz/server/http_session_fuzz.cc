// Any bytes a client may send: the session answers or closes, and every answer is well-formed.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/http/http_session.h"

using varve::server::HttpLoop;
using varve::server::HttpRequest;
using varve::server::HttpResponder;
using varve::server::HttpResponse;
using varve::server::HttpSession;
using varve::server::HttpShared;

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void Answer(HttpRequest request, const HttpResponder& respond) {
  Require(request.path.starts_with('/') || request.path == "*");
  HttpResponse response;
  response.content_type = "text/plain";
  response.headers.emplace_back("X-Echo", std::string(request.query.Get("q")));
  response.body = std::move(request.body);
  respond(std::move(response));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 100'000) return 0;  // more would not fit into the socket's buffer at once
  std::array<int, 2> sockets{};
  Require(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()) == 0);
  HttpShared shared;
  shared.options.header_bytes_max = 4096;
  shared.options.body_bytes_max = 8192;
  shared.handler = Answer;
  std::string answers;
  {
    HttpLoop loop(&shared);
    boost::asio::ip::tcp::socket socket(loop.context);
    socket.assign(boost::asio::ip::tcp::v4(), sockets[0]);
    std::make_shared<HttpSession>(std::move(socket), &loop)->Start();
    // In two pieces, so that a request's end may come later than its beginning.
    const size_t first = size / 2;
    Require(::send(sockets[1], data, first, 0) == static_cast<ssize_t>(first));
    while (loop.context.poll() > 0) {
    }
    const ssize_t sent = ::send(sockets[1], data + first, size - first, MSG_NOSIGNAL);
    Require(sent == static_cast<ssize_t>(size - first) || sent < 0);  // or closed already
    ::shutdown(sockets[1], SHUT_WR);
    std::array<char, 65536> bytes;
    while (!loop.sessions.empty()) {
      loop.context.poll();
      const ssize_t received = ::recv(sockets[1], bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (received > 0) answers.append(bytes.data(), static_cast<size_t>(received));
    }
    while (true) {
      const ssize_t received = ::recv(sockets[1], bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (received <= 0) break;
      answers.append(bytes.data(), static_cast<size_t>(received));
    }
  }
  ::close(sockets[1]);
  Require(answers.empty() || answers.starts_with("HTTP/1.1 "));
  Require(shared.stats.connections.load() == 0);
  Require(shared.stats.requests_in_flight.load() == 0);
  Require(shared.stats.body_bytes_in_flight.load() == 0);
  return 0;
}
