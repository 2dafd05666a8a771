// Any bytes as a histogram record; what is accepted is encoded again and must decode to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/wal/histogram_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  HistogramRecordDecoder decoder;
  if (!decoder.Decode({reinterpret_cast<const char*>(data), size}).ok()) return 0;
  HistogramRecordEncoder encoder;
  for (const RefDefinition& definition : decoder.definitions()) {
    encoder.Define(definition.ref, definition.labels);
  }
  for (const auto& series : decoder.series()) {
    encoder.Begin(series.ref);
    for (uint32_t i = series.begin; i < series.end; ++i) {
      encoder.Add(decoder.timestamps_ms()[i], decoder.histograms()[i]);
    }
  }
  std::string payload;
  encoder.Finish(&payload);
  HistogramRecordDecoder again;
  if (!again.Decode(payload).ok()) std::abort();
  if (again.series().size() != decoder.series().size()) std::abort();
  if (again.histograms().size() != decoder.histograms().size()) std::abort();
  for (size_t i = 0; i < decoder.series().size(); ++i) {
    if (again.series()[i].ref != decoder.series()[i].ref) std::abort();
    if (again.series()[i].end != decoder.series()[i].end) std::abort();
  }
  for (size_t i = 0; i < decoder.histograms().size(); ++i) {
    if (again.timestamps_ms()[i] != decoder.timestamps_ms()[i]) std::abort();
    if (!SameHistogram(again.histograms()[i], decoder.histograms()[i])) std::abort();
  }
  return 0;
}
