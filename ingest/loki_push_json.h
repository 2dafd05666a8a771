// The JSON forms of a Loki push, decompressed: streams with values, and the legacy one with
// entries.
#ifndef INGEST_LOKI_PUSH_JSON_H_
#define INGEST_LOKI_PUSH_JSON_H_

#include <string_view>

#include "absl/status/status.h"
#include "ingest/loki_push.h"

namespace varve::ingest {

// Copies what it needs of `body` into the request. INVALID_ARGUMENT leaves the batch empty.
absl::Status DecodeLokiPushJson(std::string_view body, const LokiPushOptions& options,
                                LokiPushRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_LOKI_PUSH_JSON_H_
