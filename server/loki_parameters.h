// The parameters of the Loki API as Loki reads them, with its words where they are wrong.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT.
#ifndef SERVER_LOKI_PARAMETERS_H_
#define SERVER_LOKI_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/http/query_parameters.h"
#include "storage/querier.h"

namespace varve::server {

// Without start and since, a query looks at the last hour, a metadata request at the last six.
inline constexpr int64_t kLokiQuerySinceNs = 3600LL * 1'000'000'000;
inline constexpr int64_t kLokiMetadataSinceNs = 6 * kLokiQuerySinceNs;

// Digits: seconds up to ten of them, else nanoseconds; with a point: seconds; or RFC 3339.
std::optional<int64_t> ParseLokiTimeNs(std::string_view text);

// start, end and since. start <= end is not checked.
struct LokiBounds {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
};
absl::StatusOr<LokiBounds> LokiBoundsParameters(const QueryParameters& parameters, int64_t now_ns,
                                                int64_t since_ns);

// The parameters of query_range, or, with start and end the same, of query.
struct LokiQueryParameters {
  LokiBounds bounds;
  int64_t step_ns = 0;
  int64_t interval_ns = 0;  // log lines closer than this to the one before are left out
  uint64_t limit = 0;
  uint64_t context_lines = 0;  // beyond Loki: lines before and after each one found
  storage::Direction direction = storage::Direction::kBackward;
};
absl::StatusOr<LokiQueryParameters> LokiRangeParameters(const QueryParameters& parameters,
                                                        int64_t now_ns, uint64_t steps_max);
absl::StatusOr<LokiQueryParameters> LokiInstantParameters(const QueryParameters& parameters,
                                                          int64_t now_ns);

}  // namespace varve::server

#endif  // SERVER_LOKI_PARAMETERS_H_
