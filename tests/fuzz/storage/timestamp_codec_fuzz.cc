// Arbitrary bytes as a column of integers, and arbitrary columns through encode and decode.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "storage/encoding/bit_packing.h"
#include "storage/encoding/integer_codec.h"
#include "storage/encoding/timestamp_codec.h"

namespace storage = varve::storage;

namespace {

void CheckComesBack(const std::vector<int64_t>& column) {
  for (const bool as_timestamps : {false, true}) {
    std::string bytes;
    if (as_timestamps) {
      storage::EncodeTimestamps(column, &bytes);
    } else {
      storage::EncodeIntegers(column, &bytes);
    }
    std::string_view in = bytes;
    std::vector<int64_t> decoded;
    if (!storage::DecodeTimestamps(&in, column.size(), &decoded).ok()) std::abort();
    if (decoded != column || !in.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const uint8_t kind = data[0] % 4;
  const size_t count = data[1] | data[2] << 8;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  std::vector<int64_t> column;
  if (kind == 0) {
    (void)storage::DecodeTimestamps(&bytes, count, &column);
  } else if (kind == 1) {
    std::vector<uint64_t> unpacked(count);
    (void)storage::UnpackBits(bytes, count, data[0] / 4, unpacked.data());
  } else if (kind == 2) {
    column.resize(bytes.size() / sizeof(int64_t));
    if (!column.empty()) std::memcpy(column.data(), bytes.data(), column.size() * sizeof(int64_t));
    CheckComesBack(column);
  } else {
    uint64_t level = count;
    for (const char byte : bytes) {
      level += static_cast<uint64_t>(static_cast<int64_t>(static_cast<int8_t>(byte)))
               << (byte == 64 ? data[1] % 56 : 0);
      column.push_back(static_cast<int64_t>(level * (data[2] + uint64_t{1})));
    }
    CheckComesBack(column);
  }
  return 0;
}
