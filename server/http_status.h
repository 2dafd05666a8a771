// The one table from absl::Status to HTTP, for each of the APIs.
//
// Threads:  functions without state.
#ifndef SERVER_HTTP_STATUS_H_
#define SERVER_HTTP_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace varve::server {

// Nginx's code for a client that left, which Prometheus and Loki use as well.
inline constexpr int kStatusClientClosed = 499;

struct PrometheusError {
  int status;
  std::string_view error_type;
};

// Answers of the Prometheus query API.
PrometheusError ToPrometheusError(absl::StatusCode code);
// Answers of the Loki query API.
int ToLokiStatus(absl::StatusCode code);
// Answers to writes: a sender drops what is answered 400 and comes again with what is answered 503,
// or, for log entries over the ingestion rate (ABORTED), 429.
int ToWriteStatus(absl::StatusCode code);

}  // namespace varve::server

#endif  // SERVER_HTTP_STATUS_H_
