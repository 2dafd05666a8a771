// query_timer: asks a server questions over one keep-alive connection and prints how long each
// answer took, from before the question is sent until its last byte is there.
//
// Lines of standard input are `COUNT TARGET`: the target is asked so many times, and a line with as
// many numbers is printed, in nanoseconds. It sleeps while it waits, so that every processor is the
// server's.

#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/end_to_end/answer_end.h"
#include "benchmarks/end_to_end/loopback_socket.h"

namespace varve::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kBufferBytes = 1 << 20;

class Connection {
 public:
  explicit Connection(uint16_t port) : socket_(ConnectLoopback(port)), buffer_(kBufferBytes) {}
  ~Connection() {
    if (connected()) close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return socket_ >= 0; }

  // The status of the answer; 0 where the connection ended.
  int Ask(const std::string& target) {
    const std::string request = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    if (send(socket_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      return 0;
    }
    AnswerEnd answer;
    while (true) {
      const ssize_t received = recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (received <= 0) return 0;
      if (answer.Take({buffer_.data(), static_cast<size_t>(received)})) return answer.status();
    }
  }

 private:
  const int socket_;
  std::vector<char> buffer_;
};

int Run(uint16_t port) {
  Connection connection(port);
  if (!connection.connected()) {
    std::fprintf(stderr, "cannot connect to port %u: %s\n", port, std::strerror(errno));
    return 1;
  }
  size_t count = 0;
  std::string target;
  while (std::cin >> count >> target) {
    for (size_t i = 0; i < count; ++i) {
      const Clock::time_point begin = Clock::now();
      const int status = connection.Ask(target);
      const std::chrono::nanoseconds taken = Clock::now() - begin;
      if (status != 200) {
        std::fprintf(stderr, "cannot time %s: answered %d, want 200\n", target.c_str(), status);
        return 1;
      }
      std::printf("%lld ", static_cast<long long>(taken.count()));
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace varve::benchmarks

int main(int argc, char** argv) {
  CLI::App app("Asks a server questions and prints how long each answer took.");
  uint16_t port = 0;
  app.add_option("port", port, "of 127.0.0.1")->required();
  CLI11_PARSE(app, argc, argv);
  return varve::benchmarks::Run(port);
}
