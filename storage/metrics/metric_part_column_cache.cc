#include "storage/metrics/metric_part_column_cache.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "storage/encoding/timestamp_codec.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// More entries than this are looked through for ones whose columns are gone.
constexpr size_t kKnownMin = 1024;
// Lookups of more columns than this are forgotten together.
constexpr size_t kLookupsMax = 64 << 10;

size_t BytesOf(const TimestampColumn& column) { return column->size() * sizeof(int64_t) + 64; }

}  // namespace

absl::StatusOr<ClippedColumn> MetricPartColumnCache::Read(const MetricPartDirectory& directory,
                                                          const ColumnSlice& slice,
                                                          TimeRange range_ms) {
  static const TimestampColumn kNone = std::make_shared<const std::vector<int64_t>>();
  MutexLock lock(&mutex_);
  VARVE_ASSIGN_OR_RETURN(const IndexRange found, FindRange(directory, slice.column, range_ms));
  const uint32_t begin = std::max(found.begin, slice.first);
  const uint32_t end = std::min(found.end, slice.first + slice.count);
  if (begin >= end) return ClippedColumn{0, kNone};

  ClippedColumn clipped;
  clipped.first = begin - slice.first;
  const SliceKey key(slice.column, begin, end);
  clipped.timestamps_ms = Known(key);
  if (clipped.timestamps_ms != nullptr) return clipped;
  VARVE_ASSIGN_OR_RETURN(TimestampColumn column, Column(directory, slice.column));
  if (end > column->size()) {
    return absl::DataLossError(StrCat("cannot read part ", file_->name(), ": a series has ", end,
                                      " timestamps, want at most ", column->size()));
  }
  if (end - begin == column->size()) {
    clipped.timestamps_ms = std::move(column);
  } else {
    clipped.timestamps_ms = std::make_shared<const std::vector<int64_t>>(column->begin() + begin,
                                                                         column->begin() + end);
    Keep(key, clipped.timestamps_ms);
  }
  return clipped;
}

absl::StatusOr<MetricPartColumnCache::IndexRange> MetricPartColumnCache::FindRange(
    const MetricPartDirectory& directory, uint32_t column, TimeRange range_ms) {
  const auto known = lookups_.find(column);
  if (known != lookups_.end() && known->second.range_ms == range_ms) return known->second.indexes;

  VARVE_ASSIGN_OR_RETURN(const ColumnEntry entry, directory.Column(column));
  // A range that ends at the end of time includes it: a compaction must not lose that instant.
  const bool is_open = range_ms.end == std::numeric_limits<int64_t>::max();
  IndexRange indexes;
  if (range_ms.begin <= entry.first_ms && (is_open || entry.last_ms < range_ms.end)) {
    indexes = {0, entry.count};
  } else if (range_ms.empty() || entry.last_ms < range_ms.begin ||
             (!is_open && range_ms.end <= entry.first_ms)) {
    indexes = {0, 0};
  } else {
    VARVE_ASSIGN_OR_RETURN(const TimestampColumn all, Column(directory, column));
    const auto index_of = [&](int64_t time_ms) {
      return static_cast<uint32_t>(std::lower_bound(all->begin(), all->end(), time_ms) -
                                   all->begin());
    };
    indexes = {index_of(range_ms.begin), is_open ? entry.count : index_of(range_ms.end)};
  }
  if (lookups_.size() >= kLookupsMax) lookups_.clear();
  lookups_[column] = {range_ms, indexes};
  return indexes;
}

absl::StatusOr<TimestampColumn> MetricPartColumnCache::Column(const MetricPartDirectory& directory,
                                                              uint32_t column) {
  VARVE_ASSIGN_OR_RETURN(const ColumnEntry entry, directory.Column(column));
  const SliceKey key(column, 0, entry.count);
  if (TimestampColumn known = Known(key)) return known;
  std::string_view payload;
  VARVE_RETURN_IF_ERROR(
      file_->ReadBlock(SectionId::kMetricData, entry.offset, entry.bytes, &scratch_, &payload));
  auto timestamps_ms = std::make_shared<std::vector<int64_t>>();
  absl::Status status = DecodeTimestamps(&payload, entry.count, timestamps_ms.get());
  if (status.ok() &&
      (!payload.empty() || timestamps_ms->size() != entry.count ||
       timestamps_ms->front() != entry.first_ms || timestamps_ms->back() != entry.last_ms ||
       std::adjacent_find(timestamps_ms->begin(), timestamps_ms->end(), std::greater_equal<>()) !=
           timestamps_ms->end())) {
    status = absl::DataLossError("its timestamps are not those of the directory");
  }
  if (!status.ok()) {
    return absl::DataLossError(StrCat("cannot read part ", file_->name(), ": timestamps at offset ",
                                      entry.offset,
                                      " of the data are damaged: ", ToStd(status.message())));
  }
  Keep(key, timestamps_ms);
  return TimestampColumn(std::move(timestamps_ms));
}

TimestampColumn MetricPartColumnCache::Known(const SliceKey& key) {
  const auto at = known_.find(key);
  return at == known_.end() ? nullptr : at->second.lock();
}

void MetricPartColumnCache::Keep(const SliceKey& key, const TimestampColumn& timestamps_ms) {
  kept_.push_back(timestamps_ms);
  kept_bytes_ += BytesOf(timestamps_ms);
  while (kept_bytes_ > kColumnCacheBytes && kept_.size() > 1) {
    kept_bytes_ -= BytesOf(kept_.front());
    kept_.pop_front();
  }
  known_[key] = timestamps_ms;
  if (known_.size() > kKnownMin && known_.size() > 2 * kept_.size()) {
    absl::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  }
}

}  // namespace varve::storage
