// HttpClient asks one server over HTTP/1.1 and waits for the answer.
//
// Threads:  thread-compatible; each request opens a connection of its own.
// Owns:     nothing between requests.
// Errors:   INVALID_ARGUMENT for a URL that cannot be used; UNAVAILABLE where the server cannot be
//           reached; DEADLINE_EXCEEDED; for answers other than 2xx the server's own words, as
//           NOT_FOUND (404), UNAVAILABLE (429, 503), DEADLINE_EXCEEDED (504), FAILED_PRECONDITION
//           (other 4xx) or INTERNAL. Looking up a host's name follows the resolver's own timeouts.
#ifndef TOOLS_HTTP_CLIENT_H_
#define TOOLS_HTTP_CLIENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::tools {

// More than that is no answer that a person or a pipe waits for.
inline constexpr uint64_t kAnswerBytesMax = uint64_t{1} << 30;
// A longer query string goes into the body of a POST: servers limit the length of a request's head.
inline constexpr size_t kQueryStringBytesMax = 4096;

// http://host[:port][/base/path]
struct ServerUrl {
  std::string host;  // without the brackets of an IPv6 address
  std::string port = "80";
  std::string base_path;    // without a slash at its end
  std::string host_header;  // as it is written in the URL
};
absl::StatusOr<ServerUrl> ParseServerUrl(std::string_view url);

using HttpParameters = std::vector<std::pair<std::string, std::string>>;

// `a=b&c=d`, percent-encoded.
std::string EncodeParameters(const HttpParameters& parameters);
// Everything but letters, digits and `-_.~` percent-encoded.
std::string PercentEncode(std::string_view text);

class HttpClient {
 public:
  static absl::StatusOr<HttpClient> Create(std::string url, int64_t timeout_ns);

  // The body of the answer. `path` begins with a slash and is encoded already.
  absl::StatusOr<std::string> Get(std::string_view path, const HttpParameters& parameters) const;
  absl::StatusOr<std::string> PostForm(std::string_view path,
                                       const HttpParameters& parameters) const;
  // DELETE, with the parameters in the URL.
  absl::Status Delete(std::string_view path, const HttpParameters& parameters) const;
  // Any body, with more headers.
  absl::StatusOr<std::string> Post(std::string_view path, std::string body,
                                   std::string_view content_type,
                                   const HttpParameters& headers) const;

  const std::string& url() const { return url_; }
  const ServerUrl& server() const { return server_; }
  int64_t timeout_ns() const { return timeout_ns_; }

 private:
  HttpClient(std::string url, ServerUrl server, int64_t timeout_ns)
      : url_(std::move(url)), server_(std::move(server)), timeout_ns_(timeout_ns) {}
  struct Content {
    std::string body;
    std::string_view type;
    const HttpParameters& headers;
  };
  // `method`: GET, POST or DELETE. `content` is nullptr where there is none.
  absl::StatusOr<std::string> Exchange(std::string_view method, const std::string& target,
                                       const Content* content) const;

  std::string url_;
  ServerUrl server_;
  int64_t timeout_ns_;
};

}  // namespace varve::tools

#endif  // TOOLS_HTTP_CLIENT_H_
