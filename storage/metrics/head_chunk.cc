#include "storage/metrics/head_chunk.h"

#include <algorithm>
#include <numeric>

#include "storage/encoding/gorilla.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Brings columns that are not in time order into it; the first of equal timestamps stays.
void SortByTime(size_t begin, std::vector<int64_t>* timestamps_ms, std::vector<double>* values) {
  std::vector<uint32_t> order(timestamps_ms->size() - begin);
  std::iota(order.begin(), order.end(), static_cast<uint32_t>(begin));
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return (*timestamps_ms)[a] < (*timestamps_ms)[b];
  });
  std::vector<int64_t> sorted_timestamps_ms;
  std::vector<double> sorted_values;
  sorted_timestamps_ms.reserve(order.size());
  sorted_values.reserve(order.size());
  for (const uint32_t i : order) {
    if (!sorted_timestamps_ms.empty() && sorted_timestamps_ms.back() == (*timestamps_ms)[i])
      continue;
    sorted_timestamps_ms.push_back((*timestamps_ms)[i]);
    sorted_values.push_back((*values)[i]);
  }
  timestamps_ms->resize(begin);
  values->resize(begin);
  timestamps_ms->insert(timestamps_ms->end(), sorted_timestamps_ms.begin(),
                        sorted_timestamps_ms.end());
  values->insert(values->end(), sorted_values.begin(), sorted_values.end());
}

}  // namespace

absl::Status HeadChunk::Decode(std::vector<int64_t>* timestamps_ms,
                               std::vector<double>* values) const {
  const size_t begin = timestamps_ms->size();
  timestamps_ms->resize(begin + count);
  values->resize(begin + count);
  return DecodeGorilla(bytes, count, timestamps_ms->data() + begin, values->data() + begin);
}

absl::Status DecodeChunks(const std::vector<HeadChunkPtr>& chunks, TimeRange range_ms,
                          std::vector<int64_t>* timestamps_ms, std::vector<double>* values) {
  const size_t begin = timestamps_ms->size();
  bool ordered = true;
  bool trim = false;
  for (const HeadChunkPtr& chunk : chunks) {
    if (!range_ms.Overlaps(chunk->SpanMs())) continue;
    if (timestamps_ms->size() > begin && timestamps_ms->back() >= chunk->min_time_ms)
      ordered = false;
    trim = trim || chunk->min_time_ms < range_ms.begin || chunk->max_time_ms >= range_ms.end;
    VARVE_RETURN_IF_ERROR(chunk->Decode(timestamps_ms, values));
  }
  if (!ordered) SortByTime(begin, timestamps_ms, values);
  if (trim) {
    const auto from = timestamps_ms->begin() + static_cast<ptrdiff_t>(begin);
    const auto last = std::lower_bound(from, timestamps_ms->end(), range_ms.end);
    const auto first = std::lower_bound(from, last, range_ms.begin);
    const ptrdiff_t keep_from = first - timestamps_ms->begin();
    const ptrdiff_t keep_to = last - timestamps_ms->begin();
    const auto offset = static_cast<ptrdiff_t>(begin);
    timestamps_ms->erase(last, timestamps_ms->end());
    timestamps_ms->erase(from, timestamps_ms->begin() + keep_from);
    values->erase(values->begin() + keep_to, values->end());
    values->erase(values->begin() + offset, values->begin() + keep_from);
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
