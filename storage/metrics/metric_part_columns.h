// MetricPartColumns finds, while a part is written, for each series the timestamp column it shares:
// one that is equal, or one that begins or ends with the series' timestamps (series of one target
// that started later or stopped earlier).
//
// Threads:  thread-compatible.
// Owns:     copies of the columns that were used last, kRetainedTimestampsMax in all; columns that
//           no series shares drop out.
// Errors:   none.
#ifndef STORAGE_METRICS_METRIC_PART_COLUMNS_H_
#define STORAGE_METRICS_METRIC_PART_COLUMNS_H_

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace varve::storage {

// 8 MiB; the columns of 180 targets scraped every 15 s for a day.
inline constexpr size_t kRetainedTimestampsMax = 1 << 20;
// So many columns with the same first (or last) timestamp are compared before a new one is made.
inline constexpr size_t kColumnCandidatesMax = 8;

// Some timestamps of a column.
struct ColumnSlice {
  uint32_t column = 0;
  uint32_t first = 0;
  uint32_t count = 0;

  friend bool operator==(const ColumnSlice&, const ColumnSlice&) = default;
};

class MetricPartColumns {
 public:
  // A column that has these timestamps, in order and in one piece. They are not empty.
  std::optional<ColumnSlice> Find(std::span<const int64_t> timestamps_ms);
  // Makes a new column known; `column` is its number in the part.
  void Insert(uint32_t column, std::span<const int64_t> timestamps_ms);

 private:
  struct Column {
    uint32_t number;
    uint64_t hash;
    std::vector<int64_t> timestamps_ms;
  };
  using ColumnList = std::list<Column>;  // used last first
  using Candidates = std::vector<ColumnList::iterator>;

  void Touch(ColumnList::iterator column) { columns_.splice(columns_.begin(), columns_, column); }
  void EvictLast();
  static void Forget(absl::flat_hash_map<int64_t, Candidates>* map, int64_t timestamp_ms,
                     ColumnList::iterator column);

  ColumnList columns_;
  size_t timestamps_ = 0;
  absl::flat_hash_map<uint64_t, ColumnList::iterator> by_hash_;
  absl::flat_hash_map<int64_t, Candidates> by_first_;
  absl::flat_hash_map<int64_t, Candidates> by_last_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_COLUMNS_H_
