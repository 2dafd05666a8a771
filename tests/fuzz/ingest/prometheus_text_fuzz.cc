// Any bytes as exposition text, in both formats.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ingest/prometheus_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const bool open_metrics : {false, true}) {
    varve::ingest::PrometheusTextOptions options;
    options.open_metrics = open_metrics;
    varve::ingest::PrometheusTextRequest request;
    if (!varve::ingest::DecodePrometheusText(options, "", body, &request).ok()) continue;
    for (const varve::storage::SeriesWrite& series : request.batch.series) {
      if (series.end != series.begin + 1 || series.end > request.batch.samples.size()) {
        __builtin_trap();
      }
      varve::storage::LabelSet labels;
      if (!request.batch.parse(series.raw_labels, &labels).ok()) continue;
      if (!varve::storage::LabelSetView::IsValidPacked(labels.packed())) __builtin_trap();
    }
  }
  return 0;
}
