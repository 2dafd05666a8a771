// The protobuf form of a Loki push (logproto.PushRequest), decompressed.
#ifndef INGEST_LOKI_PUSH_PROTOBUF_H_
#define INGEST_LOKI_PUSH_PROTOBUF_H_

#include <string_view>

#include "absl/status/status.h"
#include "ingest/loki_push.h"

namespace varve::ingest {

// `message` must outlive the request's batch. INVALID_ARGUMENT leaves the batch empty.
absl::Status DecodeLokiPushProtobuf(std::string_view message, const LokiPushOptions& options,
                                    LokiPushRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_LOKI_PUSH_PROTOBUF_H_
