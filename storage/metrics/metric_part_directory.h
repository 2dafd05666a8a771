// MetricPartDirectory says where the timestamps and values of each series of a part lie.
// MetricPartDirectoryWriter writes it.
//
// Three lists, all read where they lie: timestamp columns and series as chains of varints that
// restart every kDirectoryBlockEntries entries, so that one is reached in a few steps; groups of
// fixed size, for a binary search. A series takes 2 bytes and 1 or 2 per chunk.
//
// Threads:  an immutable view; a SeriesChunksCursor belongs to one thread.
// Owns:     nothing; the bytes outlive it.
// Errors:   DATA_LOSS for bytes that are no directory. Any bytes are safe to open and to ask.
// Format:   storage/docs/metric_part_format.md, section 2
#ifndef STORAGE_METRICS_METRIC_PART_DIRECTORY_H_
#define STORAGE_METRICS_METRIC_PART_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/metrics/metric_part_columns.h"
#include "storage/metrics/metric_part_format.h"

namespace varve::storage {

// Where the samples of a series lie.
struct SeriesChunks {
  ColumnSlice timestamps;
  uint64_t stream_offset = 0;         // of the first chunk in the stream of chunks
  std::vector<uint32_t> chunk_bytes;  // as many as ChunkCut says
};

class MetricPartDirectory {
 public:
  static absl::StatusOr<MetricPartDirectory> Open(std::string_view section);

  uint32_t series_count() const { return series_count_; }
  uint32_t column_count() const { return column_count_; }
  uint32_t group_count() const { return group_count_; }
  uint32_t chunk_samples_max() const { return chunk_samples_max_; }

  absl::StatusOr<ColumnEntry> Column(uint32_t column) const;
  absl::StatusOr<GroupEntry> Group(uint32_t group) const;
  // The group that holds the byte of the stream; group_count() where none does.
  uint32_t FindGroup(uint64_t stream_offset) const;

 private:
  friend class SeriesChunksCursor;

  uint32_t ColumnCount(uint32_t column) const;  // REQUIRES: column < column_count()
  uint64_t StreamBegin(uint32_t group) const;

  uint32_t series_count_ = 0;
  uint32_t column_count_ = 0;
  uint32_t group_count_ = 0;
  uint32_t chunk_samples_max_ = 1;
  uint64_t stream_bytes_ = 0;
  std::string_view column_counts_;  // 4 bytes each: a series that has a whole column needs no more
  std::string_view column_restarts_;
  std::string_view series_restarts_;
  std::string_view groups_;
  std::string_view columns_;
  std::string_view series_;
};

// Reads series entries; ids in increasing order go on where the last one ended.
class SeriesChunksCursor {
 public:
  // `directory` outlives the cursor.
  explicit SeriesChunksCursor(const MetricPartDirectory* directory) : directory_(directory) {}
  absl::Status Seek(uint32_t id);
  // REQUIRES: a Seek that succeeded.
  const SeriesChunks& chunks() const { return chunks_; }

 private:
  absl::Status Step();

  const MetricPartDirectory* directory_;
  uint32_t next_ = UINT32_MAX;
  std::string_view rest_;
  uint64_t stream_end_ = 0;  // of the last series read
  SeriesChunks chunks_;
};

class MetricPartDirectoryWriter {
 public:
  explicit MetricPartDirectoryWriter(uint32_t chunk_samples_max)
      : chunk_samples_max_(chunk_samples_max) {}

  uint32_t column_count() const { return column_count_; }
  uint32_t series_count() const { return series_count_; }
  uint64_t stream_bytes() const { return stream_bytes_; }

  // Returns the column's number: 0, 1, 2 ...
  uint32_t AddColumn(const ColumnEntry& column);
  // `is_whole`: the slice is the whole column. The chunks go on where the last series' ended.
  absl::Status AddSeries(const ColumnSlice& timestamps, bool is_whole,
                         const std::vector<uint32_t>& chunk_bytes);
  void AddGroup(const GroupEntry& group) { groups_.push_back(group); }
  void Finish(std::string* out) const;  // appends

 private:
  uint32_t chunk_samples_max_;
  uint32_t column_count_ = 0;
  uint32_t series_count_ = 0;
  uint64_t stream_bytes_ = 0;
  ColumnEntry last_column_;
  uint32_t last_series_column_ = 0;
  std::string column_counts_;
  std::string column_restarts_;
  std::string columns_;
  std::string series_restarts_;
  std::string series_;
  std::vector<GroupEntry> groups_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_DIRECTORY_H_
