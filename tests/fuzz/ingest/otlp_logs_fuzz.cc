// Any bytes as an OTLP log request, as JSON and as protobuf.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/otlp_logs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const auto form : {varve::ingest::OtlpForm::kJson, varve::ingest::OtlpForm::kProtobuf}) {
    varve::ingest::LokiPushRequest request;
    varve::ingest::DecodeOtlpLogs(form, "", body, 1, {}, &request).IgnoreError();
    for (const varve::storage::StreamWrite& stream : request.batch.streams) {
      if (!varve::storage::LabelSetView::IsValidPacked(stream.labels.packed())) __builtin_trap();
    }
    for (const varve::storage::Entry& entry : request.batch.entries) {
      if (!varve::storage::LabelSetView::IsValidPacked(entry.metadata.packed())) __builtin_trap();
    }
  }
  return 0;
}
