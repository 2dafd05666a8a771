// Arbitrary bytes as a value chunk, and arbitrary doubles through encode and decode.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "storage/encoding/value_codec.h"

using varve::storage::DecodeValueRange;
using varve::storage::DecodeValues;
using varve::storage::EncodeValues;
using varve::storage::kValueChunkCountMax;

namespace {

void CheckComesBack(const std::vector<double>& values) {
  std::string bytes;
  EncodeValues(values, &bytes);
  std::vector<double> decoded(values.size());
  if (!DecodeValues(bytes, values.size(), decoded.data()).ok()) std::abort();
  if (!values.empty() &&
      std::memcmp(decoded.data(), values.data(), values.size() * sizeof(double)) != 0) {
    std::abort();
  }
  if (values.empty()) return;
  const size_t begin = values.size() / 3;
  const size_t end = std::max(begin + 1, values.size() / 2);
  std::vector<double> part(end - begin);
  if (!DecodeValueRange(bytes, values.size(), begin, end, part.data()).ok()) std::abort();
  if (std::memcmp(part.data(), values.data() + begin, part.size() * sizeof(double)) != 0) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const uint8_t kind = data[0] % 4;
  size_t count = data[1] | data[2] << 8;
  count = count % kValueChunkCountMax + 1;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  std::vector<double> values;
  if (kind == 0) {
    values.resize(count);
    (void)DecodeValues(bytes, count, values.data());
    std::vector<double> part(count - count / 2);
    (void)DecodeValueRange(bytes, count, count / 2, count, part.data());
  } else if (kind == 1) {  // bit patterns
    values.resize(std::min(kValueChunkCountMax, bytes.size() / sizeof(double)));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(double));
    CheckComesBack(values);
  } else {  // decimal steps, with special values between them
    constexpr uint64_t kSpecials[] = {0x7ff0000000000002, 0x8000000000000000, 0x7ff0000000000000,
                                      0x7ff8000000000001};
    constexpr double kScales[] = {1, 10, 100, 1000};
    double level = static_cast<double>(count);
    for (const char byte : bytes.substr(0, kValueChunkCountMax)) {
      const int8_t step = static_cast<int8_t>(byte);
      level += kind == 2 ? step : step / 16 * 4096.0;
      values.push_back(level / kScales[data[1] & 3]);
      if (step == 127) std::memcpy(&values.back(), &kSpecials[values.size() & 3], sizeof(double));
    }
    CheckComesBack(values);
  }
  return 0;
}
