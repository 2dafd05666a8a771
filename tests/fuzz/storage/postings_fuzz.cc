// Any bytes as postings: what decodes is sorted and in bounds, and comes back when it is encoded.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/index/postings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  constexpr uint32_t kIdEnd = 1 << 16;
  const auto postings = ReadPostings({reinterpret_cast<const char*>(data), size});
  IdList ids;
  if (!postings.ok() || !DecodePostings(*postings, kIdEnd, &ids).ok()) return 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] >= kIdEnd || (i > 0 && ids[i - 1] >= ids[i])) std::abort();
  }
  std::string bytes;
  EncodePostings(ids, &bytes);
  IdList again;
  if (!DecodePostings(ReadPostings(bytes).value(), kIdEnd, &again).ok() || again != ids) {
    std::abort();
  }
  return 0;
}
