#include "tests/tools/fake_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <thread>
#include <utility>

namespace varve::tools {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

}  // namespace

struct FakeServer::Listener {
  explicit Listener(std::vector<FakeAnswer> canned)
      : acceptor(io, {asio::ip::address_v4::loopback(), 0}), answers(std::move(canned)) {}

  void Serve() {
    for (const FakeAnswer& answer : answers) {
      error_code error;
      asio::ip::tcp::socket socket(io);
      acceptor.accept(socket, error);
      if (error) return;
      beast::flat_buffer buffer;
      http::request<http::string_body> request;
      http::read(socket, buffer, request, error);
      if (error) return;
      requests.push_back(
          {std::string(request.method_string()), std::string(request.target()), request.body()});
      if (answer.silent) {
        char byte = 0;
        asio::read(socket, asio::buffer(&byte, 1), error);  // returns when the client leaves
        continue;
      }
      http::response<http::string_body> response(static_cast<http::status>(answer.status), 11);
      response.set(http::field::content_type, answer.content_type);
      response.body() = answer.body;
      response.prepare_payload();
      http::write(socket, response, error);
    }
  }

  void Join() {
    if (thread.joinable()) thread.join();
  }

  asio::io_context io;
  asio::ip::tcp::acceptor acceptor;
  std::vector<FakeAnswer> answers;
  std::vector<FakeRequest> requests;
  std::thread thread;
};

FakeServer::FakeServer(std::vector<FakeAnswer> answers)
    : listener_(std::make_unique<Listener>(std::move(answers))) {
  listener_->thread = std::thread([listener = listener_.get()] { listener->Serve(); });
}

FakeServer::~FakeServer() {
  // A test that failed early leaves answers over; shutting the socket down ends the accept.
  ::shutdown(listener_->acceptor.native_handle(), SHUT_RDWR);
  listener_->Join();
}

std::string FakeServer::url() const {
  return "http://127.0.0.1:" + std::to_string(listener_->acceptor.local_endpoint().port());
}

const std::vector<FakeRequest>& FakeServer::requests() {
  listener_->Join();
  return listener_->requests;
}

}  // namespace varve::tools
