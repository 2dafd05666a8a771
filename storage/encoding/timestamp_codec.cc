#include "storage/encoding/timestamp_codec.h"

#include "storage/encoding/integer_codec.h"

namespace varve::storage {

void EncodeTimestamps(std::span<const int64_t> timestamps, std::string* out) {
  EncodeIntegersWithTrend(timestamps, out);
}

absl::Status DecodeTimestamps(std::string_view* in, size_t count,
                              std::vector<int64_t>* timestamps) {
  return DecodeIntegers(in, count, timestamps);
}

absl::Status DecodeTimestamps(std::string_view* in, size_t count, int64_t* timestamps) {
  return DecodeIntegers(in, count, timestamps);
}

}  // namespace varve::storage
