// MetricPartWriter writes the samples of series into a new part.
//
//   auto writer = MetricPartWriter::Open(files, path, {.part_id = 7, .level = 1});
//   for (...) writer->AddSeries(labels, timestamps_ms, values);  // in order of the labels
//   const MetricPartInfo info = *writer->Finish();
//
// Threads:  thread-compatible.
// Owns:     the index being built, one group of chunks, and the timestamp columns used last;
//           samples go to the file as they come.
// Errors:   INVALID_ARGUMENT for series out of order, without samples, or with timestamps that do
//           not increase; those of PartFileWriter. After an error the part is given up.
// Format:   storage/docs/metric_part_format.md
#ifndef STORAGE_METRICS_METRIC_PART_WRITER_H_
#define STORAGE_METRICS_METRIC_PART_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/series_index_writer.h"
#include "storage/io/file_system.h"
#include "storage/metrics/metric_part_columns.h"
#include "storage/metrics/metric_part_directory.h"
#include "storage/metrics/metric_part_format.h"
#include "storage/model/label_set.h"
#include "storage/part/part_file_writer.h"

namespace varve::storage {

struct MetricPartOptions {
  uint64_t part_id = 0;
  uint32_t level = 0;
  int32_t partition_day = 0;
  SignalKind kind = SignalKind::kMetrics;  // or another of milliseconds
  // 1 to kChunkSamplesMax. Fewer make short reads of long parts cheaper and parts larger.
  uint32_t chunk_samples_max = kChunkSamplesMax;
  // Compress groups of chunks harder; for compactions, which are rare and final.
  bool compress_high = false;
};

struct MetricPartInfo {
  PartMetadata metadata;
  uint64_t file_bytes = 0;
  uint32_t column_count = 0;
};

class MetricPartWriter {
 public:
  static absl::StatusOr<std::unique_ptr<MetricPartWriter>> Open(FileSystem* files, std::string path,
                                                                const MetricPartOptions& options);

  // `labels` must be greater than those before; timestamps strictly increase, one per value.
  absl::Status AddSeries(LabelSetView labels, std::span<const int64_t> timestamps_ms,
                         std::span<const double> values);
  // The same of samples that are no floats: `encode` appends the chunk of samples [begin, end).
  // `raw_bytes` is what the samples would take as they are.
  using EncodeChunk = absl::FunctionRef<void(size_t begin, size_t end, std::string* out)>;
  absl::Status AddChunks(LabelSetView labels, std::span<const int64_t> timestamps_ms,
                         uint64_t raw_bytes, EncodeChunk encode);
  // A part without any series is written too; its times are 0.
  absl::StatusOr<MetricPartInfo> Finish();

  // How large the file is by now, without what Finish adds.
  uint64_t written_bytes() const { return file_->size() + group_.size(); }
  uint64_t sample_count() const { return metadata_.entry_count; }

 private:
  MetricPartWriter(std::unique_ptr<PartFileWriter> file, const MetricPartOptions& options)
      : options_(options), file_(std::move(file)), directory_(options.chunk_samples_max) {}

  absl::StatusOr<ColumnSlice> WriteTimestamps(std::span<const int64_t> timestamps_ms,
                                              bool* is_whole);
  absl::Status WriteChunks(size_t samples, EncodeChunk encode);
  absl::Status WriteGroup();

  MetricPartOptions options_;
  std::unique_ptr<PartFileWriter> file_;
  SeriesIndexWriter index_;
  MetricPartColumns columns_;
  MetricPartDirectoryWriter directory_;
  std::vector<uint32_t> column_counts_;  // timestamps of each column
  PartMetadata metadata_;

  std::string group_;  // chunks not written yet
  uint64_t group_stream_begin_ = 0;
  std::string encoded_;  // kept for its memory
  std::vector<uint32_t> chunk_bytes_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_WRITER_H_
