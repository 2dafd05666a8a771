// Any bytes as the data of a chunk of each encoding.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tools/prometheus_block/chunk_decoder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  varve::tools::SeriesSamples samples;
  varve::tools::DecodeChunk(static_cast<uint8_t>(data[0] % 4), bytes.substr(1), &samples)
      .IgnoreError();
  if (samples.size() > UINT16_MAX) __builtin_trap();
  return 0;
}
