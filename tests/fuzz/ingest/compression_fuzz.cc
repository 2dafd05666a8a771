// Any bytes in every content encoding: the limit must hold.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/compression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kBytesMax = 1 << 20;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view encoding : {"", "snappy", "gzip", "deflate", "zstd"}) {
    std::string buffer;
    std::string_view plain;
    const absl::Status status =
        varve::ingest::Decompress(encoding, body, kBytesMax, &buffer, &plain);
    if (status.ok() && plain.size() > kBytesMax) __builtin_trap();
  }
  return 0;
}
