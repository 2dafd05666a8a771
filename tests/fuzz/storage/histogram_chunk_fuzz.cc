// Any bytes as a chunk of up to 64 histograms; what is accepted is encoded again and must decode to
// the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "storage/encoding/histogram_chunk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  if (size == 0) return 0;
  const size_t count = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<HistogramPtr> histograms;
  if (!DecodeHistograms(bytes, count, 0, count, &histograms).ok()) return 0;
  if (histograms.size() != count) std::abort();
  std::string encoded;
  EncodeHistograms(histograms, &encoded);
  std::vector<HistogramPtr> again;
  if (!DecodeHistograms(encoded, count, 0, count, &again).ok()) std::abort();
  for (size_t i = 0; i < count; ++i) {
    if (!SameHistogram(*histograms[i], *again[i])) std::abort();
  }
  return 0;
}
