// Any bytes as a Loki push body, as JSON and as protobuf.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/loki_push.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view type : {"application/json", "application/x-protobuf", ""}) {
    varve::ingest::LokiPushRequest request;
    varve::ingest::DecodeLokiPush(type, "", body, {}, &request).IgnoreError();
    for (const varve::storage::Entry& entry : request.batch.entries) {
      if (!varve::storage::LabelSetView::IsValidPacked(entry.metadata.packed())) __builtin_trap();
    }
  }
  return 0;
}
