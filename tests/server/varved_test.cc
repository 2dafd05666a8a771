// The executable itself: exit codes, signals, what it prints. VARVED is its path.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/server/http/raw_client.h"

namespace varve::server {
namespace {

constexpr int kTimeoutMs = 20'000;

// A running varved; its standard output and error come through one pipe.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    arguments.insert(arguments.begin(), VARVED);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(pipe[1], STDOUT_FILENO);
      ::dup2(pipe[1], STDERR_FILENO);
      ::execv(VARVED, pointers.data());
      ::_exit(127);
    }
    ::close(pipe[1]);
    output_fd_ = pipe[0];
  }
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(output_fd_);
  }

  // Reads output until it has `text`; false when it ends before.
  bool WaitFor(const std::string& text) {
    while (output_.find(text) == std::string::npos) {
      if (!ReadSome()) return false;
    }
    return true;
  }
  // The address of the "listening" line.
  std::string Address() {
    REQUIRE(WaitFor("msg=listening address="));
    const size_t begin = output_.find("msg=listening address=") + 22;
    while (output_.find('\n', begin) == std::string::npos) REQUIRE(ReadSome());
    return output_.substr(begin, output_.find('\n', begin) - begin);
  }
  void Signal(int signal) { ::kill(pid_, signal); }
  // The exit code, or minus the signal that ended it.
  int Wait() {
    while (ReadSome()) {
    }
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  pid_t pid() const { return pid_; }
  const std::string& output() const { return output_; }

 private:
  bool ReadSome() {
    pollfd wait{output_fd_, POLLIN, 0};
    if (::poll(&wait, 1, kTimeoutMs) <= 0) return false;
    std::array<char, 4096> bytes;
    const ssize_t count = ::read(output_fd_, bytes.data(), bytes.size());
    if (count <= 0) return false;
    output_.append(bytes.data(), static_cast<size_t>(count));
    return true;
  }

  pid_t pid_ = -1;
  int output_fd_ = -1;
  std::string output_;
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "varved-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

RawResponse Get(const std::string& address, const std::string& target) {
  RawClient client(address);
  client.Send("GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n");
  return client.Read();
}

RawResponse Push(const std::string& address, const std::string& json) {
  RawClient client(address);
  client.Send(
      "POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(json.size()) + "\r\n\r\n" + json);
  return client.Read();
}

}  // namespace

TEST_SUITE("server/varved") {
  TEST_CASE("SIGTERM ends it in order, and what was acknowledged outlives SIGKILL") {
    const TemporaryFolder folder;
    const std::vector<std::string> arguments = {"--storage.path=" + folder.path(),
                                                "--storage.retention.time=0",
                                                "--web.listen-address=127.0.0.1:0"};
    {
      Process varved(arguments);
      CHECK(Push(varved.Address(), R"({"streams":[{"stream":{"app":"a"},)"
                                   R"("values":[["1795132800000000001","line"]]}]})")
                .status == 204);
      varved.Signal(SIGKILL);
      CHECK(varved.Wait() == -SIGKILL);
    }
    for (const int signal : {SIGTERM, SIGINT}) {
      Process varved(arguments);
      const RawResponse response = Get(varved.Address(),
                                       "/loki/api/v1/query_range?query=%7Bapp=%22a%22%7D"
                                       "&start=1795132800000000000&end=1795132801000000000");
      CHECK(response.body.find("1795132800000000001") != std::string::npos);
      varved.Signal(signal);
      CHECK(varved.Wait() == 0);
      CHECK(varved.output().find("msg=stopped") != std::string::npos);
    }
  }

  TEST_CASE("a folder that another process has is named with its holder, exit code 1") {
    const TemporaryFolder folder;
    Process holder({"--storage.path=" + folder.path(), "--web.listen-address=127.0.0.1:0"});
    holder.Address();
    Process second({"--storage.path=" + folder.path(), "--web.listen-address=127.0.0.1:0"});
    CHECK(second.Wait() == 1);
    INFO(second.output());
    CHECK(second.output().find(folder.path()) != std::string::npos);
    CHECK(second.output().find(std::to_string(holder.pid())) != std::string::npos);
  }

  TEST_CASE("an address that is taken is an error, exit code 1") {
    const TemporaryFolder folder;
    const TemporaryFolder other;
    Process first({"--storage.path=" + folder.path(), "--web.listen-address=127.0.0.1:0"});
    const std::string address = first.Address();
    Process second({"--storage.path=" + other.path(), "--web.listen-address=" + address});
    CHECK(second.Wait() == 1);
    CHECK(second.output().find(address) != std::string::npos);
  }

  TEST_CASE("wrong flags end with exit code 2, help and version with 0") {
    Process wrong({"--query.timeout=soon"});
    CHECK(wrong.Wait() == 2);
    CHECK(wrong.output().find("--query.timeout") != std::string::npos);
    Process help({"--help"});
    CHECK(help.Wait() == 0);
    Process version({"--version"});
    CHECK(version.Wait() == 0);
    CHECK(version.output().find("varved 0.") == 0);
  }
}

}  // namespace varve::server
