// ServerError: an HTTP answer that is no success, in the server's own words.
//
// Threads:  free function without state.
// Errors:   returns one; see http_client.h for the codes.
#ifndef TOOLS_SERVER_ERROR_H_
#define TOOLS_SERVER_ERROR_H_

#include <string_view>

#include "absl/status/status.h"

namespace varve::tools {

// Understands Prometheus's {"status":"error","errorType":..,"error":..}, JSON with a "message", and
// text, which is what Loki answers.
absl::Status ServerError(std::string_view url, int http_status, std::string_view reason,
                         std::string_view body);

}  // namespace varve::tools

#endif  // TOOLS_SERVER_ERROR_H_
