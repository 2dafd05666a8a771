#include "tools/web_socket_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/server_error.h"

namespace varve::tools {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using storage::StrCat;

// Without a sign of life for so long, the server is taken for gone; a ping is sent half way.
constexpr std::chrono::seconds kSilenceMax{30};
constexpr size_t kFrameBytesMax = 256 << 20;

class BeastWebSocketClient : public WebSocketClient {
 public:
  explicit BeastWebSocketClient(std::string url) : url_(std::move(url)) {}

  absl::Status Connect(const HttpClient& http, const std::string& target) {
    const ServerUrl& server = http.server();
    const auto timeout = std::chrono::nanoseconds(http.timeout_ns());
    error_code error;
    asio::ip::tcp::resolver resolver(io_);
    const auto endpoints = resolver.resolve(server.host, server.port, error);
    if (error) return Failed("find", error);
    beast::tcp_stream& tcp = beast::get_lowest_layer(stream_);
    tcp.expires_after(timeout);
    bool done = false;
    tcp.async_connect(endpoints, [&](error_code result, const asio::ip::tcp::endpoint&) {
      error = result;
      done = true;
    });
    RunUntil(done);
    if (error) return Failed("reach", error);
    tcp.expires_never();
    websocket::stream_base::timeout limits{};
    limits.handshake_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
    limits.idle_timeout = kSilenceMax;
    limits.keep_alive_pings = true;
    stream_.set_option(limits);
    stream_.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
      request.set(beast::http::field::user_agent, "varve/" VARVE_VERSION);
    }));
    stream_.read_message_max(kFrameBytesMax);
    websocket::response_type response;
    done = false;
    stream_.async_handshake(response, server.host_header, target, [&](error_code result) {
      error = result;
      done = true;
    });
    RunUntil(done);
    if (error == websocket::error::upgrade_declined) {
      const beast::string_view reason = response.reason();
      return ServerError(url_, static_cast<int>(response.result_int()),
                         {reason.data(), reason.size()}, response.body());
    }
    return error ? Failed("follow", error) : absl::OkStatus();
  }

  absl::StatusOr<std::string> Read() override {
    error_code error;
    beast::flat_buffer buffer;
    bool done = false;
    stream_.async_read(buffer, [&](error_code result, size_t) {
      error = result;
      done = true;
    });
    RunUntil(done);
    if (error) return Failed("follow", error);
    return beast::buffers_to_string(buffer.data());
  }

 private:
  // Not until nothing is left to do: Beast's own timers go on.
  void RunUntil(const bool& done) {
    io_.restart();
    while (!done && io_.run_one() > 0) {
    }
  }
  absl::Status Failed(std::string_view what, const error_code& error) const {
    return absl::UnavailableError(StrCat("cannot ", what, " ", url_, ": ", error.message()));
  }

  const std::string url_;
  asio::io_context io_;
  websocket::stream<beast::tcp_stream> stream_{io_};
};

}  // namespace

absl::StatusOr<std::unique_ptr<WebSocketClient>> WebSocketClient::Open(
    const HttpClient& http, std::string_view path, const HttpParameters& parameters) {
  auto client = std::make_unique<BeastWebSocketClient>(http.url());
  VARVE_RETURN_IF_ERROR(client->Connect(
      http, StrCat(http.server().base_path, path, "?", EncodeParameters(parameters))));
  return std::unique_ptr<WebSocketClient>(std::move(client));
}

}  // namespace varve::tools
