#include "tests/server/http/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace varve::server {
namespace {

constexpr int kReadTimeoutMs = 20'000;

}  // namespace

std::string RawResponse::Header(std::string_view name) const {
  const size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawClient::RawClient(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &target.sin_addr);
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof(target)) != 0) Reset();
}

RawClient::~RawClient() { Reset(); }

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has had enough; the test reads what it said
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void RawClient::CloseSending() { ::shutdown(fd_, SHUT_WR); }

void RawClient::Reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool RawClient::Fill(int timeout_ms) {
  if (fd_ < 0) return false;
  pollfd wait{fd_, POLLIN, 0};
  if (::poll(&wait, 1, timeout_ms) <= 0) return false;
  std::array<char, 65536> bytes;
  const ssize_t received = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (received <= 0) return false;
  buffer_.append(bytes.data(), static_cast<size_t>(received));
  return true;
}

RawResponse RawClient::Read(bool head) {
  RawResponse response;
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill(kReadTimeoutMs)) return response;
  }
  response.head = buffer_.substr(0, end + 2);
  response.status = std::atoi(response.head.c_str() + 9);
  buffer_.erase(0, end + 4);
  const std::string length = response.Header("Content-Length");
  if (head || response.status == 204 || !length.empty()) {
    const auto count = head ? 0 : static_cast<size_t>(std::atoll(length.c_str()));
    response.whole = Take(count, &response.body);
  } else if (response.Header("Transfer-Encoding") == "chunked") {
    response.whole = ReadChunks(&response.body);
  } else if (response.Header("Connection") == "close") {
    while (Fill(kReadTimeoutMs)) {
    }
    response.body = std::exchange(buffer_, {});
    response.whole = true;
  }
  return response;
}

bool RawClient::Take(size_t count, std::string* out) {
  while (buffer_.size() < count) {
    if (!Fill(kReadTimeoutMs)) return false;
  }
  out->append(buffer_, 0, count);
  buffer_.erase(0, count);
  return true;
}

bool RawClient::TakeLine(std::string* line) {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!Fill(kReadTimeoutMs)) return false;
  }
  *line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return true;
}

bool RawClient::ReadChunks(std::string* body) {
  std::string line;
  while (TakeLine(&line)) {
    const size_t bytes = std::strtoull(line.c_str(), nullptr, 16);
    if (!Take(bytes, body) || !TakeLine(&line)) return false;
    if (bytes == 0) return true;
  }
  return false;
}

bool RawClient::ClosesWithin(int timeout_ms) {
  pollfd wait{fd_, POLLIN, 0};
  if (::poll(&wait, 1, timeout_ms) <= 0) return false;
  char byte;
  return buffer_.empty() && ::recv(fd_, &byte, 1, 0) <= 0;
}

}  // namespace varve::server
