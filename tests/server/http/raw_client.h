// RawClient: a blocking TCP connection for tests that send exactly the bytes they want to send.
//
// Threads:  one thread.
// Owns:     its socket.
#ifndef TESTS_SERVER_HTTP_RAW_CLIENT_H_
#define TESTS_SERVER_HTTP_RAW_CLIENT_H_

#include <string>
#include <string_view>

namespace varve::server {

struct RawResponse {
  int status = 0;  // 0: the connection ended before an answer
  std::string head;
  std::string body;
  bool whole = false;  // the body has come to its end

  // The value of a header, by its name in the case the server writes it; empty where it is absent.
  std::string Header(std::string_view name) const;
};

class RawClient {
 public:
  explicit RawClient(const std::string& address);  // "127.0.0.1:1234"
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);
  void CloseSending();
  void Reset();  // ends the connection at once
  // Reads one answer, its body by length, in chunks or to the end of the connection; `head` says
  // that the request was a HEAD.
  RawResponse Read(bool head = false);
  // Whether the server ends the connection within `timeout_ms`, sending nothing more.
  bool ClosesWithin(int timeout_ms);

 private:
  bool Fill(int timeout_ms);
  // Takes a line, or a number of bytes, out of the buffer; false where they do not come.
  bool TakeLine(std::string* line);
  bool Take(size_t count, std::string* out);
  bool ReadChunks(std::string* body);

  int fd_ = -1;
  std::string buffer_;
};

}  // namespace varve::server

#endif  // TESTS_SERVER_HTTP_RAW_CLIENT_H_
