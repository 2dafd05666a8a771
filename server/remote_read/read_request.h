// ReadRequest: what a client of remote read asks for.
//
// Threads:  values, and functions without state.
// Errors:   INVALID_ARGUMENT for a body that is no request, a matcher that cannot be, or answers
//           none of which we have; UNIMPLEMENTED for a content encoding we do not take.
// Source:   Prometheus, "Remote Read API"; prompb remote.proto.
#ifndef SERVER_REMOTE_READ_READ_REQUEST_H_
#define SERVER_REMOTE_READ_READ_REQUEST_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/model/matcher.h"
#include "storage/model/time_range.h"

namespace varve::server {

inline constexpr size_t kReadRequestBytesMax = 32 << 20;
inline constexpr size_t kReadQueriesMax = 1024;
inline constexpr size_t kReadMatchersMax = 1024;  // of one query

// In the numbers of ReadRequest.ResponseType.
enum class ReadAnswer : uint8_t { kSamples = 0, kStreamedChunks = 1 };

struct ReadQuery {
  std::vector<storage::Matcher> matchers;
  storage::TimeRange range_ms;
};

struct ReadRequest {
  std::vector<ReadQuery> queries;
  ReadAnswer answer = ReadAnswer::kSamples;  // the first the client accepts that we have
};

absl::StatusOr<ReadRequest> DecodeReadRequest(std::string_view content_encoding,
                                              std::string_view body);

}  // namespace varve::server

#endif  // SERVER_REMOTE_READ_READ_REQUEST_H_
