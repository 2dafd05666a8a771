// Any bytes as postings: what decodes is sorted and in bounds, comes back when it is encoded, and
// is what it is intersected as.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

#include "storage/index/id_bitmap.h"
#include "storage/index/postings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace varve::storage;
  constexpr uint32_t kIdEnd = 1 << 16;
  const auto postings = ReadPostings({reinterpret_cast<const char*>(data), size});
  if (!postings.ok()) return 0;
  IdList some;
  for (uint32_t id = 0; id < kIdEnd; id += 1 + id % 7) some.push_back(id);
  IdList both = some;
  const bool intersects = IntersectWithPostings(*postings, kIdEnd, &both).ok();
  const auto first = FirstId(*postings, kIdEnd);
  IdList ids;
  if (!DecodePostings(*postings, kIdEnd, &ids).ok()) return 0;
  IdList expected;
  std::set_intersection(some.begin(), some.end(), ids.begin(), ids.end(),
                        std::back_inserter(expected));
  if (!intersects || both != expected) std::abort();
  constexpr IdBounds kMiddle{1 << 10, 1 << 15};
  IdBitmap bitmap(kMiddle);
  if (!bitmap.Add(*postings, kIdEnd).ok()) std::abort();
  expected = ids;
  std::erase_if(expected, [&](uint32_t id) { return !kMiddle.Has(id); });
  if (bitmap.List() != expected) std::abort();
  if (!ids.empty() && (!first.ok() || *first != ids[0])) std::abort();
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
