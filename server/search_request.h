// SearchRequest: the parameters of /api/v1/search/..., and which names they ask for.
//
// Threads:  values; functions without state.
// Errors:   INVALID_ARGUMENT in Prometheus's words.
// Source:   Prometheus, "HTTP API", search endpoints.
#ifndef SERVER_SEARCH_REQUEST_H_
#define SERVER_SEARCH_REQUEST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/query_parameters.h"
#include "server/prometheus_parameters.h"
#include "storage/model/time_range.h"

namespace varve::server {

inline constexpr uint64_t kSearchLimitMax = 10'000;
inline constexpr size_t kSearchTermsMax = 32;
inline constexpr size_t kSearchTermBytesMax = 1024;

enum class FuzzAlgorithm { kSubsequence, kJaroWinkler };
enum class SearchOrder { kAscending, kDescending, kScore };

struct SearchRequest {
  Selectors selectors;
  storage::TimeRange range_ms;
  std::vector<std::string> terms;  // a name that matches any is found
  FuzzAlgorithm algorithm = FuzzAlgorithm::kSubsequence;
  double threshold = 0;  // 0 to 1
  bool case_sensitive = true;
  SearchOrder order = SearchOrder::kAscending;
  bool include_score = false;
  bool include_metadata = false;
  uint64_t limit = 100;
  uint64_t batch_size = 100;
};

// `endpoint` is the last word of the path, for errors; `now_ms` the end of the default range, which
// is an hour long.
absl::StatusOr<SearchRequest> ReadSearchRequest(const QueryParameters& parameters,
                                                std::string_view endpoint, int64_t now_ms);

struct FoundName {
  std::string name;
  double score = 0;
};

// The names that match, in the order that was asked for, at most `limit`. `*has_more`: whether
// there are others.
std::vector<FoundName> FindNames(const SearchRequest& request, std::vector<std::string> names,
                                 bool* has_more);

}  // namespace varve::server

#endif  // SERVER_SEARCH_REQUEST_H_
