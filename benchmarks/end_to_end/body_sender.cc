// body_sender: sends a file of bodies to a remote-write receiver over keep-alive connections, in
// order, and prints as JSON what came of it.
//
// A body is sent when every body that is `--window` before it has been answered, so that samples of
// one series never overtake each other. With `--rate` it also waits for its turn; its latency then
// counts from that turn on, so that a receiver that falls behind shows in it.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "benchmarks/end_to_end/body_file.h"
#include "benchmarks/end_to_end/loopback_socket.h"

namespace varve::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

struct SenderOptions {
  std::string bodies;
  std::string path = "/api/v1/write";
  uint16_t port = 18278;
  size_t connections = 2;
  size_t window = 6;
  size_t first = 0;
  size_t count = SIZE_MAX;
  double rate = 0;  // samples per second; 0: as fast as they are answered
};

struct Body {
  std::string_view bytes;
  uint32_t samples = 0;
};

// What all connections share: which body is next and what was answered.
class Progress {
 public:
  Progress(size_t bodies, size_t window) : answered_(bodies), window_(window) {}

  // The next body to send, or SIZE_MAX when there is none.
  size_t Take() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return next_ == answered_.size() || next_ < oldest_ + window_; });
    return next_ == answered_.size() ? SIZE_MAX : next_++;
  }

  void Answered(size_t body, uint32_t samples, int status, const std::string& text,
                double latency_s) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answered_[body] = true;
    while (oldest_ < answered_.size() && answered_[oldest_]) ++oldest_;
    latencies_s_.push_back(latency_s);
    if (status / 100 == 2) {
      samples_ += samples;
    } else if (failed_++ < 3) {
      std::fprintf(stderr, "body %zu: answered %d %s\n", body, status, text.c_str());
    }
    changed_.notify_all();
  }

  int Print(double seconds) {
    std::sort(latencies_s_.begin(), latencies_s_.end());
    const auto at = [this](double part) {
      if (latencies_s_.empty()) return 0.0;
      return latencies_s_[static_cast<size_t>(part * static_cast<double>(latencies_s_.size() - 1))];
    };
    std::printf(
        "{\"samples\":%llu,\"failed\":%zu,\"seconds\":%.3f,\"p50_ms\":%.3f,"
        "\"p99_ms\":%.3f}\n",
        static_cast<unsigned long long>(samples_), failed_, seconds, at(0.5) * 1e3, at(0.99) * 1e3);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> answered_;
  size_t window_;
  size_t next_ = 0;
  size_t oldest_ = 0;
  size_t failed_ = 0;
  uint64_t samples_ = 0;
  std::vector<double> latencies_s_;
};

class Connection {
 public:
  explicit Connection(uint16_t port) : port_(port) {}
  ~Connection() { Close(); }

  // The status of the answer, 0 when there was none.
  int Post(const std::string& path, std::string_view body, std::string* text) {
    if (socket_ < 0 && !Open()) return 0;
    std::string head = "POST " + path +
                       " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: body_sender\r\n"
                       "Content-Encoding: snappy\r\nContent-Type: application/x-protobuf\r\n"
                       "X-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n";
    const int status = Send(head, MSG_MORE) && Send(body, 0) ? ReadAnswer(text) : 0;
    if (status == 0) Close();
    return status;
  }

 private:
  bool Open() {
    socket_ = ConnectLoopback(port_);
    return socket_ >= 0;
  }

  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  bool Send(std::string_view bytes, int flags) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  int ReadAnswer(std::string* text) {
    std::string answer;
    size_t head_end = std::string::npos;
    size_t length = 0;
    char buffer[4096];
    while (head_end == std::string::npos || answer.size() < head_end + 4 + length) {
      const ssize_t got = recv(socket_, buffer, sizeof(buffer), 0);
      if (got <= 0) return 0;
      answer.append(buffer, static_cast<size_t>(got));
      if (head_end != std::string::npos) continue;
      head_end = answer.find("\r\n\r\n");
      if (head_end == std::string::npos) continue;
      for (char& c : answer) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 'a' - 'A') : c;
      const size_t at = answer.find("content-length: ");
      if (at < head_end) {
        std::from_chars(answer.data() + at + 16, answer.data() + head_end, length);
      }
    }
    int status = 0;
    std::from_chars(answer.data() + 9, answer.data() + 12, status);
    *text = answer.substr(head_end + 4);
    return status;
  }

  uint16_t port_;
  int socket_ = -1;
};

std::vector<Body> MapBodies(const SenderOptions& options) {
  std::vector<Body> bodies;
  const int file = open(options.bodies.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about {};
  if (file < 0 || fstat(file, &about) != 0 || about.st_size == 0) return bodies;
  const size_t size = static_cast<size_t>(about.st_size);
  // Mapped for the life of the process.
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  close(file);
  if (memory == MAP_FAILED) return bodies;
  const std::string_view bytes(static_cast<const char*>(memory), size);
  for (size_t at = 0; at + sizeof(BodyHeader) <= size;) {
    BodyHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof(header));
    bodies.push_back({bytes.substr(at + sizeof(header), header.body_bytes), header.samples});
    at += sizeof(header) + header.body_bytes;
  }
  const size_t first = std::min(options.first, bodies.size());
  const size_t count = std::min(options.count, bodies.size() - first);
  return {bodies.begin() + static_cast<ptrdiff_t>(first),
          bodies.begin() + static_cast<ptrdiff_t>(first + count)};
}

int SendAll(const SenderOptions& options) {
  const std::vector<Body> bodies = MapBodies(options);
  if (bodies.empty()) {
    std::fprintf(stderr, "cannot read %s: no body, want what body_writer writes\n",
                 options.bodies.c_str());
    return 1;
  }
  Progress progress(bodies.size(), std::max(options.window, size_t{1}));
  std::vector<double> turns_s(bodies.size());
  double samples = 0;
  for (size_t i = 0; i < bodies.size(); ++i) {
    turns_s[i] = options.rate > 0 ? samples / options.rate : 0;
    samples += bodies[i].samples;
  }
  const Clock::time_point begin = Clock::now();
  std::vector<std::thread> threads;
  for (size_t i = 0; i < options.connections; ++i) {
    threads.emplace_back([&] {
      Connection connection(options.port);
      std::string text;
      for (size_t body = progress.Take(); body != SIZE_MAX; body = progress.Take()) {
        const Clock::time_point turn = begin + std::chrono::duration_cast<Clock::duration>(
                                                   std::chrono::duration<double>(turns_s[body]));
        std::this_thread::sleep_until(turn);
        const Clock::time_point sent = options.rate > 0 ? turn : Clock::now();
        text.clear();
        const int status = connection.Post(options.path, bodies[body].bytes, &text);
        progress.Answered(body, bodies[body].samples, status, text,
                          std::chrono::duration<double>(Clock::now() - sent).count());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return progress.Print(std::chrono::duration<double>(Clock::now() - begin).count());
}

}  // namespace
}  // namespace varve::benchmarks

int main(int argc, char** argv) {
  varve::benchmarks::SenderOptions options;
  CLI::App app("Sends remote-write bodies and prints what came of it.");
  app.add_option("bodies", options.bodies, "File of bodies.")->required();
  app.add_option("--port", options.port, "Of the receiver on this machine.");
  app.add_option("--path", options.path, "Of the receiver's handler.");
  app.add_option("--connections", options.connections, "Requests at the same time.");
  app.add_option("--window", options.window, "Bodies that may be without an answer at once.");
  app.add_option("--first", options.first, "Begin at this body.");
  app.add_option("--count", options.count, "Send so many bodies.");
  app.add_option("--rate", options.rate, "Samples per second; 0: as fast as they are answered.");
  CLI11_PARSE(app, argc, argv);
  return varve::benchmarks::SendAll(options);
}
