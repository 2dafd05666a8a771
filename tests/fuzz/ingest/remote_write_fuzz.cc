// Any bytes as a remote-write body: decoding and parsing labels must neither crash nor leak.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/remote_write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view encoding : {"identity", "snappy"}) {
    varve::ingest::RemoteWriteRequest request;
    if (!varve::ingest::DecodeRemoteWrite("", encoding, body, &request).ok()) continue;
    for (const varve::storage::SeriesWrite& series : request.batch.series) {
      varve::storage::LabelSet labels;
      if (!request.batch.parse(series.raw_labels, &labels).ok()) continue;
      if (!varve::storage::LabelSetView::IsValidPacked(labels.packed())) __builtin_trap();
    }
  }
  return 0;
}
