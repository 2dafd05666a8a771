// Arbitrary bytes as a Gorilla stream, and arbitrary samples through append and decode.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "storage/encoding/gorilla.h"

namespace storage = varve::storage;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const size_t count = (data[1] | data[2] << 8) % 5000;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  std::vector<int64_t> timestamps_ms(count);
  std::vector<double> values(count);
  if (data[0] % 2 == 0) {
    (void)storage::DecodeGorilla(bytes, count, timestamps_ms.data(), values.data());
    (void)storage::DecodeGorillaValues(bytes, count, values.data());
    return 0;
  }
  struct Pair {
    int64_t timestamp_ms;
    double value;
  };
  std::vector<Pair> samples(bytes.size() / sizeof(Pair));
  if (samples.empty()) return 0;
  std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(Pair));
  if (samples.size() > storage::GorillaEncoder::kSampleCountMax) return 0;
  storage::GorillaEncoder encoder;
  std::vector<double> appended;
  for (const Pair& sample : samples) {
    encoder.Append(sample.timestamp_ms, sample.value);
    appended.push_back(sample.value);
  }
  timestamps_ms.resize(samples.size());
  values.resize(samples.size());
  if (!storage::DecodeGorilla(encoder.bytes(), samples.size(), timestamps_ms.data(), values.data())
           .ok()) {
    std::abort();
  }
  for (size_t i = 0; i < samples.size(); ++i) {
    if (timestamps_ms[i] != samples[i].timestamp_ms) std::abort();
    if (std::memcmp(&values[i], &samples[i].value, sizeof(double)) != 0) std::abort();
  }
  std::string alone;
  storage::EncodeGorillaValues(appended, &alone);
  if (!storage::DecodeGorillaValues(alone, appended.size(), values.data()).ok()) std::abort();
  const size_t value_bytes = values.size() * sizeof(double);
  if (std::memcmp(values.data(), appended.data(), value_bytes) != 0) std::abort();
  return 0;
}
