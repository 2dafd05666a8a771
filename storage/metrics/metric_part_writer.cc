#include "storage/metrics/metric_part_writer.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "storage/encoding/lz4_codec.h"
#include "storage/encoding/timestamp_codec.h"
#include "storage/encoding/value_codec.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr uint64_t kRawSampleBytes = sizeof(int64_t) + sizeof(double);

// Compressed groups must be read through a copy; it has to pay.
bool IsWorthCompressing(size_t raw_bytes, size_t compressed_bytes) {
  return compressed_bytes + compressed_bytes / 9 < raw_bytes;  // saves more than a tenth
}

absl::Status RefuseError(LabelSetView labels, std::string_view why) {
  return absl::InvalidArgumentError(StrCat("cannot write series ", labels.ToString(), ": ", why));
}

absl::Status CheckTimestamps(LabelSetView labels, std::span<const int64_t> timestamps_ms) {
  const auto refuse = [&](std::string_view why) { return RefuseError(labels, why); };
  if (timestamps_ms.empty()) return refuse("it has no samples, want at least one");
  if (timestamps_ms.size() > kColumnTimestampsMax) {
    return refuse(StrCat(timestamps_ms.size(), " samples, want at most ", kColumnTimestampsMax));
  }
  if (std::adjacent_find(timestamps_ms.begin(), timestamps_ms.end(), std::greater_equal<>()) !=
      timestamps_ms.end()) {
    return refuse("its timestamps do not increase");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricPartWriter>> MetricPartWriter::Open(
    FileSystem* files, std::string path, const MetricPartOptions& options) {
  if (options.chunk_samples_max == 0 || options.chunk_samples_max > kChunkSamplesMax) {
    return absl::InvalidArgumentError(StrCat("cannot write part ", path, ": ",
                                             options.chunk_samples_max,
                                             " samples a chunk, want 1 to ", kChunkSamplesMax));
  }
  VARVE_ASSIGN_OR_RETURN(auto file, PartFileWriter::Create(files, std::move(path), options.kind));
  VARVE_RETURN_IF_ERROR(file->BeginSection(SectionId::kMetricData, SectionCheck::kPerBlock));
  std::unique_ptr<MetricPartWriter> writer(new MetricPartWriter(std::move(file), options));
  writer->metadata_.part_id = options.part_id;
  writer->metadata_.level = options.level;
  writer->metadata_.partition_day = options.partition_day;
  return writer;
}

absl::Status MetricPartWriter::AddSeries(LabelSetView labels,
                                         std::span<const int64_t> timestamps_ms,
                                         std::span<const double> values) {
  if (timestamps_ms.size() != values.size()) {
    return RefuseError(labels, StrCat(timestamps_ms.size(), " timestamps and ", values.size(),
                                      " values, want as many of both"));
  }
  return AddChunks(labels, timestamps_ms, values.size() * kRawSampleBytes,
                   [&](size_t begin, size_t end, std::string* out) {
                     EncodeValues(values.subspan(begin, end - begin), out);
                   });
}

absl::Status MetricPartWriter::AddChunks(LabelSetView labels,
                                         std::span<const int64_t> timestamps_ms, uint64_t raw_bytes,
                                         EncodeChunk encode) {
  VARVE_RETURN_IF_ERROR(CheckTimestamps(labels, timestamps_ms));
  VARVE_RETURN_IF_ERROR(index_.Add(labels).status());
  bool is_whole = false;
  VARVE_ASSIGN_OR_RETURN(const ColumnSlice slice, WriteTimestamps(timestamps_ms, &is_whole));
  VARVE_RETURN_IF_ERROR(WriteChunks(timestamps_ms.size(), encode));
  VARVE_RETURN_IF_ERROR(directory_.AddSeries(slice, is_whole, chunk_bytes_));

  const bool is_first = metadata_.series_count == 0;
  metadata_.min_time =
      is_first ? timestamps_ms.front() : std::min(metadata_.min_time, timestamps_ms.front());
  metadata_.max_time =
      is_first ? timestamps_ms.back() : std::max(metadata_.max_time, timestamps_ms.back());
  ++metadata_.series_count;
  metadata_.entry_count += timestamps_ms.size();
  metadata_.raw_bytes += raw_bytes;
  return absl::OkStatus();
}

absl::StatusOr<ColumnSlice> MetricPartWriter::WriteTimestamps(
    std::span<const int64_t> timestamps_ms, bool* is_whole) {
  if (const std::optional<ColumnSlice> known = columns_.Find(timestamps_ms)) {
    *is_whole = known->count == column_counts_[known->column];
    return *known;
  }
  encoded_.clear();
  EncodeTimestamps(timestamps_ms, &encoded_);
  ColumnEntry column;
  VARVE_ASSIGN_OR_RETURN(column.offset, file_->AppendBlock(encoded_));
  column.bytes = static_cast<uint32_t>(encoded_.size());
  column.count = static_cast<uint32_t>(timestamps_ms.size());
  column.first_ms = timestamps_ms.front();
  column.last_ms = timestamps_ms.back();
  const uint32_t number = directory_.AddColumn(column);
  columns_.Insert(number, timestamps_ms);
  column_counts_.push_back(column.count);
  *is_whole = true;
  return ColumnSlice{number, 0, column.count};
}

absl::Status MetricPartWriter::WriteChunks(size_t samples, EncodeChunk encode) {
  const ChunkCut cut(static_cast<uint32_t>(samples), options_.chunk_samples_max);
  chunk_bytes_.clear();
  for (uint32_t chunk = 0; chunk < cut.chunks; ++chunk) {
    const size_t before = group_.size();
    encode(cut.Begin(chunk), cut.Begin(chunk + 1), &group_);
    chunk_bytes_.push_back(static_cast<uint32_t>(group_.size() - before));
    if (group_.size() >= kChunkGroupBytes) VARVE_RETURN_IF_ERROR(WriteGroup());
  }
  return absl::OkStatus();
}

absl::Status MetricPartWriter::WriteGroup() {
  GroupEntry group;
  group.stream_begin = group_stream_begin_;
  group.stream_end = group_stream_begin_ + group_.size();
  encoded_.clear();
  if (options_.compress_high) {
    Lz4CompressHigh(group_, &encoded_);
  } else {
    Lz4Compress(group_, &encoded_);
  }
  std::string_view stored = group_;
  if (IsWorthCompressing(group_.size(), encoded_.size())) {
    stored = encoded_;
    group.compression = GroupCompression::kLz4;
  }
  group.stored_bytes = static_cast<uint32_t>(stored.size());
  VARVE_ASSIGN_OR_RETURN(group.offset, file_->AppendBlock(stored));
  directory_.AddGroup(group);
  group_stream_begin_ = group.stream_end;
  group_.clear();
  return absl::OkStatus();
}

absl::StatusOr<MetricPartInfo> MetricPartWriter::Finish() {
  if (!group_.empty()) VARVE_RETURN_IF_ERROR(WriteGroup());
  MetricPartInfo info;
  info.column_count = directory_.column_count();
  std::string directory;
  directory_.Finish(&directory);
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kMetricDirectory, directory));
  VARVE_ASSIGN_OR_RETURN(const SeriesIndexBytes index, index_.Finish());
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kIndexLabels, index.labels));
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kIndexSeries, index.series));
  VARVE_RETURN_IF_ERROR(file_->AddSection(SectionId::kIndexPostings, index.postings));
  VARVE_ASSIGN_OR_RETURN(info.file_bytes, file_->Finish(metadata_));
  info.metadata = metadata_;
  return info;
}

}  // namespace varve::storage
