// MetricPart reads a part of metric samples: which series match, and their samples of a time range.
//
// Series that share timestamps are given the same pointer for the same range of time, while the
// column is in use or was used lately, so that work on timestamps is done once (see querier.h).
//
// Threads:  thread-safe; a MetricPartScanner belongs to one thread.
// Owns:     the open file, and bounded caches: kColumnCacheBytes of decoded timestamps and
//           kGroupCacheGroups groups of chunks.
// Errors:   DATA_LOSS for damage, naming the part and the offset. It costs the samples of the group
//           or column that is damaged (the part, where the directory or the index is).
// Format:   storage/docs/metric_part_format.md
#ifndef STORAGE_METRICS_METRIC_PART_H_
#define STORAGE_METRICS_METRIC_PART_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/series_index.h"
#include "storage/io/file_system.h"
#include "storage/metrics/metric_part_column_cache.h"
#include "storage/metrics/metric_part_directory.h"
#include "storage/model/label_set.h"
#include "storage/model/matcher.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"
#include "storage/part/part_file.h"
#include "storage/querier.h"

namespace varve::storage {

// A mebibyte: enough for a few threads that walk a part in order, and for the metric that a
// dashboard asks about again and again.
inline constexpr size_t kGroupCacheGroups = 16;

class MetricPart {
 public:
  // Reads the ends of the file; its cost does not depend on the part's size.
  static absl::StatusOr<std::shared_ptr<MetricPart>> Open(FileSystem* files,
                                                          const std::string& path);
  static absl::StatusOr<std::shared_ptr<MetricPart>> Open(std::shared_ptr<PartFile> file);
  // A part whose chunks are no floats; only VisitChunks reads its samples.
  static absl::StatusOr<std::shared_ptr<MetricPart>> OpenChunks(std::shared_ptr<PartFile> file,
                                                                SignalKind kind);

  const PartMetadata& info() const { return file_->metadata(); }
  const PartFile& file() const { return *file_; }
  uint32_t series_count() const { return static_cast<uint32_t>(info().series_count); }
  // [min, max] of all samples as a half-open range.
  TimeRange range_ms() const;

  // The index, for matching and for labels in bulk (SeriesCursor); ids are those of Read.
  absl::StatusOr<const SeriesIndex*> Index() const;
  absl::StatusOr<IdList> Match(const std::vector<Matcher>& matchers) const;
  absl::StatusOr<LabelSet> Labels(uint32_t id) const;
  // Where the samples of each series lie.
  absl::StatusOr<const MetricPartDirectory*> Directory() const;
  // Chunks of all series; the first call reads the whole directory.
  absl::StatusOr<uint64_t> ChunkCount() const;

  // Replaces *timestamps_ms and *values by the samples of series `id` in `range_ms`. Decodes only
  // the chunks that overlap it.
  absl::Status Read(uint32_t id, TimeRange range_ms, TimestampColumn* timestamps_ms,
                    std::vector<double>* values) const;
  // What a thread that reads one series after the other need not look up again.
  struct ReadMemory {
    const MetricPartDirectory* directory = nullptr;  // of the part, once it is known
    ColumnSlice slice;
    TimeRange range_ms;
    ClippedColumn clipped;  // the slice's timestamps in the range; nullptr before the first read
    GroupEntry entry;
    std::shared_ptr<const std::string> group;  // the chunks of `entry`; nullptr before the first
  };
  // The same with a cursor that stands at the series.
  absl::Status Read(const SeriesChunks& chunks, TimeRange range_ms, TimestampColumn* timestamps_ms,
                    std::vector<double>* values, ReadMemory* memory) const;

  // An encoded chunk of `count` samples, of which [begin, end) are wanted: those from `at` on of
  // the result. `data_offset` says where it lies, for errors.
  struct Chunk {
    std::string_view encoded;
    uint32_t count = 0;
    uint32_t begin = 0;
    uint32_t end = 0;
    size_t at = 0;
  };
  // Replaces *timestamps_ms, then shows the chunks that hold the samples of that time, in order.
  absl::Status VisitChunks(const SeriesChunks& chunks, TimeRange range_ms,
                           TimestampColumn* timestamps_ms, ReadMemory* memory,
                           absl::FunctionRef<absl::Status(const Chunk& chunk)> visit) const;
  // Whether the series has samples in a range; decodes no values.
  absl::StatusOr<bool> HasSamplesIn(const SeriesChunks& chunks, TimeRange range_ms) const;
  // The first byte of the chunk at a place of the stream of chunks: its codec, for statistics.
  absl::StatusOr<uint8_t> HeadOfChunk(uint64_t stream_offset) const;

 private:
  struct CachedGroup {
    uint32_t number = UINT32_MAX;
    std::shared_ptr<const std::string> chunks;
  };

  explicit MetricPart(std::shared_ptr<PartFile> file)
      : file_(std::move(file)), columns_(file_.get()) {}

  absl::StatusOr<std::shared_ptr<const std::string>> ReadGroup(uint32_t number,
                                                               const GroupEntry& entry) const;
  absl::Status DamagedError(std::string_view what, uint64_t data_offset) const;

  std::shared_ptr<PartFile> file_;
  mutable MetricPartColumnCache columns_;

  // Made by the first call that needs them, under the mutex, and constant from then on.
  mutable Mutex open_mutex_;
  mutable std::unique_ptr<const SeriesIndex> index_ ABSL_GUARDED_BY(open_mutex_);
  mutable std::unique_ptr<const MetricPartDirectory> directory_ ABSL_GUARDED_BY(open_mutex_);
  mutable std::optional<uint64_t> chunk_count_ ABSL_GUARDED_BY(open_mutex_);

  mutable Mutex groups_mutex_;
  mutable std::array<CachedGroup, kGroupCacheGroups> groups_ ABSL_GUARDED_BY(groups_mutex_);
  mutable size_t next_group_slot_ ABSL_GUARDED_BY(groups_mutex_) = 0;
};

// Walks all series of a part in order, with all their samples; for compaction.
class MetricPartScanner {
 public:
  explicit MetricPartScanner(std::shared_ptr<const MetricPart> part) : part_(std::move(part)) {}

  // Moves to the next series (or the first); false behind the last. After DATA_LOSS for one series
  // the next call goes on with the one behind it.
  absl::StatusOr<bool> Next();

  // Of the current series; valid until the next call.
  uint32_t id() const { return next_ - 1; }
  LabelSetView labels() const { return labels_; }
  const TimestampColumn& timestamps_ms() const { return timestamps_ms_; }
  const std::vector<double>& values() const { return values_; }

 private:
  absl::Status ReadSeries(uint32_t id);

  std::shared_ptr<const MetricPart> part_;
  uint32_t next_ = 0;
  std::unique_ptr<SeriesCursor> index_cursor_;
  std::unique_ptr<SeriesChunksCursor> chunks_cursor_;
  LabelSet labels_;
  TimestampColumn timestamps_ms_;
  std::vector<double> values_;
  MetricPart::ReadMemory memory_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_H_
