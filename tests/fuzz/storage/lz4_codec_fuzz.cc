// Arbitrary bytes as an LZ4 block of an arbitrary size, and through compress and decompress.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/encoding/lz4_codec.h"

namespace storage = varve::storage;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const size_t raw_bytes = data[1] | data[2] << 8 | (data[3] & 7) << 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 4, size - 4);
  std::string out;
  if (data[0] % 2 == 0) {
    const absl::Status status = storage::Lz4Decompress(bytes, raw_bytes, &out);
    if (status.ok() && out.size() != raw_bytes) std::abort();
    return 0;
  }
  std::string block;
  if (data[0] % 4 == 1) {
    storage::Lz4Compress(bytes, &block);
  } else {
    storage::Lz4CompressHigh(bytes, &block);
  }
  if (!storage::Lz4Decompress(block, bytes.size(), &out).ok() || out != bytes) std::abort();
  return 0;
}
