// FakeServer answers each HTTP request with the next of its canned answers, and remembers requests.
//
// Threads:  construct, then read `requests()` after the client was answered.
// Owns:     the listening socket and a thread.
#ifndef TESTS_TOOLS_FAKE_SERVER_H_
#define TESTS_TOOLS_FAKE_SERVER_H_

#include <memory>
#include <string>
#include <vector>

namespace varve::tools {

struct FakeAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  bool silent = false;  // never answers: holds the connection until the client leaves
};

struct FakeRequest {
  std::string method;
  std::string target;
  std::string body;
};

class FakeServer {
 public:
  explicit FakeServer(std::vector<FakeAnswer> answers);
  ~FakeServer();

  std::string url() const;
  // The requests so far. Waits until all answers were given.
  const std::vector<FakeRequest>& requests();

 private:
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace varve::tools

#endif  // TESTS_TOOLS_FAKE_SERVER_H_
