#include "ingest/otlp_logs.h"

#include <cctype>
#include <deque>
#include <memory>
#include <string>

#include "ingest/compression.h"
#include "ingest/otlp_log_sink.h"
#include "ingest/otlp_logs_json.h"
#include "ingest/otlp_logs_protobuf.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::ingest {
namespace {

// What a decoded request keeps alive: texts made on the way, and the JSON document.
struct Kept {
  std::deque<std::string> texts;
  std::shared_ptr<void> document;
};

}  // namespace

absl::Status ReadOtlpForm(std::string_view content_type, OtlpForm* form) {
  std::string type;
  for (const char c : content_type.substr(0, content_type.find(';'))) {
    if (c != ' ') type.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  if (type == "application/json") {
    *form = OtlpForm::kJson;
  } else if (type == "application/x-protobuf" || type == "application/protobuf" || type.empty()) {
    *form = OtlpForm::kProtobuf;
  } else {
    return absl::UnimplementedError(
        storage::StrCat("cannot decode OTLP logs of content type ", storage::Quote(content_type),
                        ", want application/x-protobuf or application/json"));
  }
  return absl::OkStatus();
}

absl::Status DecodeOtlpLogs(OtlpForm form, std::string_view content_encoding, std::string_view body,
                            int64_t now_ns, const LokiPushOptions& options,
                            LokiPushRequest* request) {
  *request = LokiPushRequest();
  std::string_view plain;
  VARVE_RETURN_IF_ERROR(
      Decompress(content_encoding, body, options.body_bytes_max, &request->buffer, &plain));
  auto kept = std::make_shared<Kept>();
  request->parsed = kept;
  OtlpLogSink sink(options, now_ns, &kept->texts, request);
  const absl::Status status = form == OtlpForm::kJson
                                  ? DecodeOtlpLogsJson(plain, &kept->document, &sink)
                                  : DecodeOtlpLogsProtobuf(plain, &sink);
  if (!status.ok()) request->batch.Clear();
  return status;
}

}  // namespace varve::ingest
