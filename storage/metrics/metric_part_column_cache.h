// MetricPartColumnCache decodes the timestamp columns of one part, and hands out the same pointer
// for the same timestamps.
//
// Threads:  thread-safe.
// Owns:     the columns used last, kColumnCacheBytes in all; beyond that it only remembers columns
//           that somebody else keeps alive.
// Errors:   DATA_LOSS for a damaged column, naming the part and the offset.
#ifndef STORAGE_METRICS_METRIC_PART_COLUMN_CACHE_H_
#define STORAGE_METRICS_METRIC_PART_COLUMN_CACHE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/metrics/metric_part_directory.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"
#include "storage/part/part_file.h"
#include "storage/querier.h"

namespace varve::storage {

// Three hours at 15 s of 360 targets, or what a day-long query of 45 needs.
inline constexpr size_t kColumnCacheBytes = 2 << 20;

// Timestamps of a slice that lie in a time range.
struct ClippedColumn {
  uint32_t first = 0;             // counted from the start of the slice
  TimestampColumn timestamps_ms;  // never nullptr; may be empty
};

class MetricPartColumnCache {
 public:
  // `file` outlives the cache.
  explicit MetricPartColumnCache(const PartFile* file) : file_(file) {}

  absl::StatusOr<ClippedColumn> Read(const MetricPartDirectory& directory, const ColumnSlice& slice,
                                     TimeRange range_ms);

 private:
  // Indexes [begin, end) of a column.
  struct IndexRange {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  // The last time range that was looked up in a column: queries ask all series for one range.
  struct Lookup {
    TimeRange range_ms;
    IndexRange indexes;
  };
  using SliceKey = std::tuple<uint32_t, uint32_t, uint32_t>;  // column, begin, end

  absl::StatusOr<TimestampColumn> Column(const MetricPartDirectory& directory, uint32_t column)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<IndexRange> FindRange(const MetricPartDirectory& directory, uint32_t column,
                                       TimeRange range_ms) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TimestampColumn Known(const SliceKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Keep(const SliceKey& key, const TimestampColumn& timestamps_ms)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PartFile* file_;
  Mutex mutex_;
  absl::flat_hash_map<SliceKey, std::weak_ptr<const std::vector<int64_t>>> known_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<uint32_t, Lookup> lookups_ ABSL_GUARDED_BY(mutex_);
  std::deque<TimestampColumn> kept_ ABSL_GUARDED_BY(mutex_);  // oldest first
  size_t kept_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string scratch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_COLUMN_CACHE_H_
