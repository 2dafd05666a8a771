// The protobuf form of an OTLP log request, decompressed.
#ifndef INGEST_OTLP_LOGS_PROTOBUF_H_
#define INGEST_OTLP_LOGS_PROTOBUF_H_

#include <string_view>

#include "absl/status/status.h"
#include "ingest/otlp_log_sink.h"

namespace varve::ingest {

// INVALID_ARGUMENT for malformed messages and values that nest too deep.
absl::Status DecodeOtlpLogsProtobuf(std::string_view message, OtlpLogSink* sink);

}  // namespace varve::ingest

#endif  // INGEST_OTLP_LOGS_PROTOBUF_H_
