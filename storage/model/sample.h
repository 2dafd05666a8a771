// Sample: one measured value of a series. Also the marker that ends a series.
#ifndef STORAGE_MODEL_SAMPLE_H_
#define STORAGE_MODEL_SAMPLE_H_

#include <bit>
#include <cstdint>

namespace varve::storage {

struct Sample {
  int64_t timestamp_ms = 0;  // since the Unix epoch
  double value = 0;          // any bit pattern, NaNs included, comes back as it was written
};

// The NaN with which Prometheus says "this series ended here". Told apart from other NaNs by bits.
inline constexpr uint64_t kStaleMarkerBits = 0x7ff0000000000002;
inline constexpr double StaleMarker() { return std::bit_cast<double>(kStaleMarkerBits); }
inline constexpr bool IsStaleMarker(double value) {
  return std::bit_cast<uint64_t>(value) == kStaleMarkerBits;
}

}  // namespace varve::storage

#endif  // STORAGE_MODEL_SAMPLE_H_
