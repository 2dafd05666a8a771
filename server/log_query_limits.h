// LogQueryLimits: what a query of the Loki API may ask for, and Loki's words where it asks for
// more.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT.
#ifndef SERVER_LOG_QUERY_LIMITS_H_
#define SERVER_LOG_QUERY_LIMITS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "query/result.h"
#include "server/loki_parameters.h"

namespace varve::server {

// 0: no limit.
struct LogQueryLimits {
  int64_t lookback_ms = 0;    // --logs.max-query-lookback
  int64_t length_ms = 0;      // --logs.max-query-length
  int64_t range_ms = 0;       // --logs.max-query-range: of a range selector
  uint64_t series_max = 0;    // --logs.max-query-series: of an answer
  uint64_t matchers_max = 0;  // --logs.max-query-matchers: of a selector
};

// Cuts what is before the lookback from a query's range, and checks the length of the rest. False:
// all of it is before; the answer is empty.
absl::StatusOr<bool> LimitRange(const LogQueryLimits& limits, int64_t now_ns, LokiBounds* bounds);
// Checks range selectors and matchers. A text that is no LogQL passes: the engine has its say.
absl::Status CheckQueryText(const LogQueryLimits& limits, std::string_view text);
absl::Status CheckResult(const LogQueryLimits& limits, const query::QueryResult& result);

}  // namespace varve::server

#endif  // SERVER_LOG_QUERY_LIMITS_H_
