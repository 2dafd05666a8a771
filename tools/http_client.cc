#include "tools/http_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <chrono>

#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/server_error.h"

namespace varve::tools {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using storage::StrCat;

absl::Status UrlError(std::string_view url, std::string_view found) {
  return absl::InvalidArgumentError(
      StrCat("cannot use URL ", storage::Quote(url), ": ", found, ", want http://host:port"));
}

std::string_view Text(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

absl::StatusOr<ServerUrl> ParseServerUrl(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (url.substr(0, kScheme.size()) != kScheme) return UrlError(url, "no http://");
  std::string_view rest = url.substr(kScheme.size());
  if (rest.find_first_of(" \t\r\n?#") != std::string_view::npos) {
    return UrlError(url, "a blank, query or fragment");
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  ServerUrl result;
  result.base_path = rest.substr(authority.size());
  while (!result.base_path.empty() && result.base_path.back() == '/') result.base_path.pop_back();
  result.host_header = authority;
  if (authority.find('@') != std::string_view::npos) return UrlError(url, "a user's name");
  std::string_view port;
  bool has_port = false;
  if (!authority.empty() && authority[0] == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return UrlError(url, "a bracket that is not closed");
    result.host = authority.substr(1, end - 1);
    const std::string_view behind = authority.substr(end + 1);
    has_port = !behind.empty();
    if (has_port && behind[0] != ':') return UrlError(url, "text behind the address");
    if (has_port) port = behind.substr(1);
  } else {
    const size_t colon = authority.find(':');
    has_port = colon != std::string_view::npos;
    result.host = authority.substr(0, colon);
    if (has_port) port = authority.substr(colon + 1);
  }
  if (result.host.empty()) return UrlError(url, "no host");
  if (has_port) {
    int number = 0;
    for (const char c : port) {
      if (c < '0' || c > '9' || number > 65535) return UrlError(url, "a port that is no number");
      number = number * 10 + (c - '0');
    }
    if (number < 1 || number > 65535) return UrlError(url, "a port that is no number");
    result.port = port;
  }
  return result;
}

std::string PercentEncode(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
        c == '_' || c == '.' || c == '~') {
      encoded.push_back(c);
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

std::string EncodeParameters(const HttpParameters& parameters) {
  std::string encoded;
  for (const auto& [name, value] : parameters) {
    storage::StrAppend(&encoded, encoded.empty() ? "" : "&", PercentEncode(name), "=",
                       PercentEncode(value));
  }
  return encoded;
}

absl::StatusOr<HttpClient> HttpClient::Create(std::string url, int64_t timeout_ns) {
  VARVE_ASSIGN_OR_RETURN(ServerUrl server, ParseServerUrl(url));
  return HttpClient(std::move(url), std::move(server), timeout_ns);
}

absl::StatusOr<std::string> HttpClient::Get(std::string_view path,
                                            const HttpParameters& parameters) const {
  const std::string encoded = EncodeParameters(parameters);
  if (encoded.size() > kQueryStringBytesMax) return PostForm(path, parameters);
  return Exchange("GET", StrCat(server_.base_path, path, encoded.empty() ? "" : "?", encoded),
                  nullptr);
}

absl::StatusOr<std::string> HttpClient::PostForm(std::string_view path,
                                                 const HttpParameters& parameters) const {
  return Post(path, EncodeParameters(parameters), "application/x-www-form-urlencoded", {});
}

absl::StatusOr<std::string> HttpClient::Post(std::string_view path, std::string body,
                                             std::string_view content_type,
                                             const HttpParameters& headers) const {
  const Content content{std::move(body), content_type, headers};
  return Exchange("POST", StrCat(server_.base_path, path), &content);
}

absl::Status HttpClient::Delete(std::string_view path, const HttpParameters& parameters) const {
  return Exchange("DELETE", StrCat(server_.base_path, path, "?", EncodeParameters(parameters)),
                  nullptr)
      .status();
}

absl::StatusOr<std::string> HttpClient::Exchange(std::string_view method, const std::string& target,
                                                 const Content* content) const {
  asio::io_context io;
  error_code error;
  const auto failed = [&](std::string_view what) -> absl::Status {
    if (error == beast::error::timeout) {
      return absl::DeadlineExceededError(StrCat("cannot ", what, " ", url_, ": no answer within ",
                                                timeout_ns_ / 1'000'000, " ms"));
    }
    return absl::UnavailableError(StrCat("cannot ", what, " ", url_, ": ", error.message()));
  };
  asio::ip::tcp::resolver resolver(io);
  const auto endpoints = resolver.resolve(server_.host, server_.port, error);
  if (error) return failed("find");

  http::request<http::string_body> request(http::string_to_verb({method.data(), method.size()}),
                                           target, 11);
  request.set(http::field::host, server_.host_header);
  request.set(http::field::user_agent, "varve/" VARVE_VERSION);
  request.set(http::field::accept, "application/json");
  request.set(http::field::connection, "close");
  if (content != nullptr) {
    request.set(http::field::content_type, {content->type.data(), content->type.size()});
    for (const auto& [name, value] : content->headers) request.set(name, value);
    request.body() = content->body;
    request.prepare_payload();
  }

  // Beast's timeouts guard asynchronous operations only, so each step runs the context by itself.
  beast::tcp_stream stream(io);
  stream.expires_after(std::chrono::nanoseconds(timeout_ns_));
  stream.async_connect(endpoints,
                       [&](error_code result, const asio::ip::tcp::endpoint&) { error = result; });
  io.run();
  if (error) return failed("reach");
  io.restart();
  http::async_write(stream, request, [&](error_code result, size_t) { error = result; });
  io.run();
  if (error) return failed("query");
  io.restart();
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kAnswerBytesMax);
  http::async_read(stream, buffer, parser, [&](error_code result, size_t) { error = result; });
  io.run();
  if (error) return failed("query");

  auto response = parser.release();
  const int status = static_cast<int>(response.result_int());
  if (status >= 200 && status < 300) return std::move(response.body());
  return ServerError(url_, status, Text(response.reason()), response.body());
}

}  // namespace varve::tools
