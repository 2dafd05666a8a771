// OriginPolicy: which web pages of other origins may read answers (CORS).
//
// Nobody's, unless --web.cors.origin says so: a regular expression that the whole Origin of a
// request has to match. Answers say `Vary: Origin` always, so that no cache gives one page what was
// meant for another.
//
// Threads:  immutable after construction.
// Errors:   Parse: INVALID_ARGUMENT for an expression that cannot be compiled.
// Source:   https://fetch.spec.whatwg.org, "HTTP CORS protocol"; Prometheus's header values.
#ifndef SERVER_CROSS_ORIGIN_H_
#define SERVER_CROSS_ORIGIN_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/http/http_message.h"
#include "storage/model/matcher.h"

namespace varve::server {

class OriginPolicy {
 public:
  // Allows no origin.
  OriginPolicy() = default;
  // An empty expression allows none.
  static absl::StatusOr<OriginPolicy> Parse(std::string_view expression);

  // Adds the headers that an answer to `request` needs. REQUIRES: IsApiPath(request.path).
  void AddHeaders(const HttpRequest& request, HttpResponse* response) const;

 private:
  std::optional<storage::Matcher> allowed_;
};

// Whether pages of other origins have business at this path.
bool IsApiPath(std::string_view path);

}  // namespace varve::server

#endif  // SERVER_CROSS_ORIGIN_H_
