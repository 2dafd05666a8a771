// Any bytes as a remote-write body of both protocols: decoding and parsing labels must neither
// crash nor leak.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/remote_write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kTypes[] = {
      "", "application/x-protobuf;proto=io.prometheus.write.v2.Request"};
  for (const std::string_view type : kTypes) {
    varve::ingest::RemoteWriteRequest request;
    if (!varve::ingest::DecodeRemoteWrite(type, "identity", body, &request).ok()) continue;
    const varve::storage::MetricBatch& batch = request.batch;
    if (!batch.start_timestamps_ms.empty() &&
        batch.start_timestamps_ms.size() != batch.samples.size()) {
      __builtin_trap();
    }
    for (const varve::storage::Exemplar& exemplar : batch.exemplars) {
      if (!varve::storage::LabelSetView::IsValidPacked(exemplar.labels.packed())) __builtin_trap();
    }
    for (const varve::storage::SeriesWrite& series : batch.series) {
      if (series.begin > series.end || series.end > batch.samples.size() ||
          series.histograms_begin > series.histograms_end ||
          series.histograms_end > batch.histograms.size() ||
          series.exemplars_begin > series.exemplars_end ||
          series.exemplars_end > batch.exemplars.size()) {
        __builtin_trap();
      }
      varve::storage::LabelSet labels;
      if (!request.batch.parse(series.raw_labels, &labels).ok()) continue;
      if (!varve::storage::LabelSetView::IsValidPacked(labels.packed())) __builtin_trap();
    }
  }
  return 0;
}
