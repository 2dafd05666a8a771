// Any bytes as a sample record; what is accepted is encoded again and must decode to the same.
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/wal/sample_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  SampleRecordDecoder decoder;
  if (!decoder.Decode({reinterpret_cast<const char*>(data), size}).ok()) return 0;
  SampleRecordEncoder encoder;
  for (const RefDefinition& definition : decoder.definitions()) {
    encoder.Define(definition.ref, definition.labels);
  }
  for (const auto& series : decoder.series()) {
    encoder.Begin(series.ref);
    for (uint32_t i = series.begin; i < series.end; ++i) {
      encoder.Add(decoder.timestamps_ms()[i], decoder.values()[i]);
    }
  }
  std::string payload;
  encoder.Finish(&payload);
  SampleRecordDecoder again;
  if (!again.Decode(payload).ok()) std::abort();
  if (again.series().size() != decoder.series().size()) std::abort();
  if (again.values().size() != decoder.values().size()) std::abort();
  for (size_t i = 0; i < decoder.series().size(); ++i) {
    if (again.series()[i].ref != decoder.series()[i].ref) std::abort();
    if (again.series()[i].end != decoder.series()[i].end) std::abort();
  }
  for (size_t i = 0; i < decoder.values().size(); ++i) {
    if (again.timestamps_ms()[i] != decoder.timestamps_ms()[i]) std::abort();
    if (std::bit_cast<uint64_t>(again.values()[i]) !=
        std::bit_cast<uint64_t>(decoder.values()[i])) {
      std::abort();
    }
  }
  return 0;
}
