// Any bytes as an entry record; what is accepted is encoded again and must decode to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/wal/entry_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  EntryRecordDecoder decoder;
  if (!decoder.Decode({reinterpret_cast<const char*>(data), size}).ok()) return 0;
  EntryRecordEncoder encoder;
  for (const RefDefinition& definition : decoder.definitions()) {
    encoder.Define(definition.ref, definition.labels);
  }
  for (const auto& stream : decoder.streams()) {
    encoder.Begin(stream.ref);
    for (uint32_t i = stream.begin; i < stream.end; ++i) encoder.Add(decoder.entries()[i]);
  }
  std::string payload;
  encoder.Finish(&payload);
  EntryRecordDecoder again;
  if (!again.Decode(payload).ok()) std::abort();
  if (again.entries().size() != decoder.entries().size()) std::abort();
  for (size_t i = 0; i < decoder.entries().size(); ++i) {
    const Entry& a = decoder.entries()[i];
    const Entry& b = again.entries()[i];
    if (a.timestamp_ns != b.timestamp_ns || a.line != b.line) std::abort();
    if (!(a.metadata == b.metadata)) std::abort();
  }
  return 0;
}
