#include "storage/metrics/metric_part_columns.h"

#include <algorithm>

#include <xxhash.h>

namespace varve::storage {

std::optional<ColumnSlice> MetricPartColumns::Find(std::span<const int64_t> timestamps_ms) {
  const uint32_t count = static_cast<uint32_t>(timestamps_ms.size());
  const uint64_t hash = XXH3_64bits(timestamps_ms.data(), timestamps_ms.size_bytes());
  if (const auto at = by_hash_.find(hash); at != by_hash_.end()) {
    const ColumnList::iterator column = at->second;
    if (std::equal(timestamps_ms.begin(), timestamps_ms.end(), column->timestamps_ms.begin(),
                   column->timestamps_ms.end())) {
      Touch(column);
      return ColumnSlice{column->number, 0, count};
    }
  }
  if (const auto at = by_first_.find(timestamps_ms.front()); at != by_first_.end()) {
    for (const ColumnList::iterator column : at->second) {
      const std::vector<int64_t>& longer = column->timestamps_ms;
      if (longer.size() < count) continue;
      if (!std::equal(timestamps_ms.begin(), timestamps_ms.end(), longer.begin())) continue;
      Touch(column);
      return ColumnSlice{column->number, 0, count};
    }
  }
  if (const auto at = by_last_.find(timestamps_ms.back()); at != by_last_.end()) {
    for (const ColumnList::iterator column : at->second) {
      const std::vector<int64_t>& longer = column->timestamps_ms;
      if (longer.size() < count) continue;
      const size_t first = longer.size() - count;
      if (!std::equal(timestamps_ms.begin(), timestamps_ms.end(),
                      longer.begin() + static_cast<ptrdiff_t>(first))) {
        continue;
      }
      Touch(column);
      return ColumnSlice{column->number, static_cast<uint32_t>(first), count};
    }
  }
  return std::nullopt;
}

void MetricPartColumns::Insert(uint32_t column, std::span<const int64_t> timestamps_ms) {
  if (timestamps_ms.size() > kRetainedTimestampsMax) return;
  timestamps_ += timestamps_ms.size();
  while (timestamps_ > kRetainedTimestampsMax) EvictLast();
  const uint64_t hash = XXH3_64bits(timestamps_ms.data(), timestamps_ms.size_bytes());
  columns_.push_front({column, hash, {timestamps_ms.begin(), timestamps_ms.end()}});
  by_hash_[hash] = columns_.begin();
  for (const auto& [map, timestamp_ms] :
       {std::pair(&by_first_, timestamps_ms.front()), std::pair(&by_last_, timestamps_ms.back())}) {
    Candidates& candidates = (*map)[timestamp_ms];
    if (candidates.size() == kColumnCandidatesMax) candidates.erase(candidates.begin());
    candidates.push_back(columns_.begin());
  }
}

void MetricPartColumns::EvictLast() {
  const ColumnList::iterator column = std::prev(columns_.end());
  if (const auto at = by_hash_.find(column->hash); at != by_hash_.end() && at->second == column) {
    by_hash_.erase(at);
  }
  Forget(&by_first_, column->timestamps_ms.front(), column);
  Forget(&by_last_, column->timestamps_ms.back(), column);
  timestamps_ -= column->timestamps_ms.size();
  columns_.erase(column);
}

void MetricPartColumns::Forget(absl::flat_hash_map<int64_t, Candidates>* map, int64_t timestamp_ms,
                               ColumnList::iterator column) {
  const auto at = map->find(timestamp_ms);
  if (at == map->end()) return;
  std::erase(at->second, column);
  if (at->second.empty()) map->erase(at);
}

}  // namespace varve::storage
