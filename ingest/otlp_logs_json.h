// The JSON form of an OTLP log request, decompressed: lowerCamelCase names, 64-bit numbers as
// numbers or strings, ids in hex, bytes in base64.
#ifndef INGEST_OTLP_LOGS_JSON_H_
#define INGEST_OTLP_LOGS_JSON_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "ingest/otlp_log_sink.h"

namespace varve::ingest {

// `*document` owns texts that the sink is given. INVALID_ARGUMENT for what is not JSON, or not of
// this form.
absl::Status DecodeOtlpLogsJson(std::string_view body, std::shared_ptr<void>* document,
                                OtlpLogSink* sink);

}  // namespace varve::ingest

#endif  // INGEST_OTLP_LOGS_JSON_H_
