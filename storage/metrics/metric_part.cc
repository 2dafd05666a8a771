#include "storage/metrics/metric_part.h"

#include <algorithm>
#include <utility>

#include "storage/encoding/lz4_codec.h"
#include "storage/encoding/value_codec.h"
#include "storage/index/series_index_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {

absl::StatusOr<std::shared_ptr<MetricPart>> MetricPart::Open(FileSystem* files,
                                                             const std::string& path) {
  VARVE_ASSIGN_OR_RETURN(std::shared_ptr<PartFile> file, PartFile::Open(files, path));
  return Open(std::move(file));
}

absl::StatusOr<std::shared_ptr<MetricPart>> MetricPart::Open(std::shared_ptr<PartFile> file) {
  const SignalKind kind = file->kind() == SignalKind::kStartTimestamps
                              ? SignalKind::kStartTimestamps
                              : SignalKind::kMetrics;
  return OpenChunks(std::move(file), kind);
}

absl::StatusOr<std::shared_ptr<MetricPart>> MetricPart::OpenChunks(std::shared_ptr<PartFile> file,
                                                                   SignalKind kind) {
  const PartMetadata& metadata = file->metadata();
  if (file->kind() != kind || metadata.series_count > kSeriesCountMax ||
      metadata.min_time > metadata.max_time) {
    return absl::DataLossError(
        StrCat("cannot open part ", file->name(), ": metadata of no metric part"));
  }
  return std::shared_ptr<MetricPart>(new MetricPart(std::move(file)));
}

TimeRange MetricPart::range_ms() const {
  return TimeRange::Inclusive(info().min_time, info().max_time);
}

absl::Status MetricPart::DamagedError(std::string_view what, uint64_t data_offset) const {
  return absl::DataLossError(StrCat("cannot read part ", file_->name(), ": ", what, " at offset ",
                                    data_offset, " of the data is damaged"));
}

absl::StatusOr<const SeriesIndex*> MetricPart::Index() const {
  MutexLock lock(&open_mutex_);
  if (index_ == nullptr) {
    SeriesIndexViews views;
    VARVE_ASSIGN_OR_RETURN(views.labels, file_->Section(SectionId::kIndexLabels));
    VARVE_ASSIGN_OR_RETURN(views.series, file_->Section(SectionId::kIndexSeries));
    VARVE_ASSIGN_OR_RETURN(views.postings, file_->Section(SectionId::kIndexPostings));
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<SeriesIndex> index, SeriesIndex::Open(views));
    if (index->series_count() != info().series_count) {
      return absl::DataLossError(StrCat("cannot read part ", file_->name(), ": index of ",
                                        index->series_count(), " series, want ",
                                        info().series_count));
    }
    index_ = std::move(index);
  }
  return index_.get();
}

absl::StatusOr<const MetricPartDirectory*> MetricPart::Directory() const {
  MutexLock lock(&open_mutex_);
  if (directory_ == nullptr) {
    VARVE_ASSIGN_OR_RETURN(const std::string_view section,
                           file_->Section(SectionId::kMetricDirectory));
    VARVE_ASSIGN_OR_RETURN(MetricPartDirectory directory, MetricPartDirectory::Open(section));
    if (directory.series_count() != info().series_count) {
      return absl::DataLossError(StrCat("cannot read part ", file_->name(), ": directory of ",
                                        directory.series_count(), " series, want ",
                                        info().series_count));
    }
    directory_ = std::make_unique<const MetricPartDirectory>(std::move(directory));
  }
  return directory_.get();
}

absl::StatusOr<uint64_t> MetricPart::ChunkCount() const {
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, Directory());
  {
    MutexLock lock(&open_mutex_);
    if (chunk_count_.has_value()) return *chunk_count_;
  }
  uint64_t count = 0;
  SeriesChunksCursor cursor(directory);
  for (uint32_t id = 0; id < directory->series_count(); ++id) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    count += cursor.chunks().chunk_bytes.size();
  }
  MutexLock lock(&open_mutex_);
  chunk_count_ = count;
  return count;
}

absl::StatusOr<IdList> MetricPart::Match(const std::vector<Matcher>& matchers) const {
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, Index());
  return index->Match(matchers);
}

absl::StatusOr<LabelSet> MetricPart::Labels(uint32_t id) const {
  VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, Index());
  return index->Labels(id);
}

absl::Status MetricPart::Read(uint32_t id, TimeRange range_ms, TimestampColumn* timestamps_ms,
                              std::vector<double>* values) const {
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, Directory());
  SeriesChunksCursor cursor(directory);
  VARVE_RETURN_IF_ERROR(cursor.Seek(id));
  ReadMemory memory;
  return Read(cursor.chunks(), range_ms, timestamps_ms, values, &memory);
}

absl::Status MetricPart::Read(const SeriesChunks& chunks, TimeRange range_ms,
                              TimestampColumn* timestamps_ms, std::vector<double>* values,
                              ReadMemory* memory) const {
  values->clear();
  const auto decode = [&](const Chunk& chunk) -> absl::Status {
    values->resize((*timestamps_ms)->size());
    return DecodeValueRange(chunk.encoded, chunk.count, chunk.begin, chunk.end,
                            values->data() + chunk.at);
  };
  return VisitChunks(chunks, range_ms, timestamps_ms, memory, decode);
}

absl::Status MetricPart::VisitChunks(
    const SeriesChunks& chunks, TimeRange range_ms, TimestampColumn* timestamps_ms,
    ReadMemory* memory, absl::FunctionRef<absl::Status(const Chunk& chunk)> visit) const {
  if (memory->directory == nullptr) {
    VARVE_ASSIGN_OR_RETURN(memory->directory, Directory());
  }
  const MetricPartDirectory* const directory = memory->directory;
  ClippedColumn& clipped = memory->clipped;
  if (clipped.timestamps_ms == nullptr || memory->slice != chunks.timestamps ||
      memory->range_ms != range_ms) {
    VARVE_ASSIGN_OR_RETURN(clipped, columns_.Read(*directory, chunks.timestamps, range_ms));
    memory->slice = chunks.timestamps;
    memory->range_ms = range_ms;
  }
  const uint32_t count = static_cast<uint32_t>(clipped.timestamps_ms->size());
  *timestamps_ms = clipped.timestamps_ms;
  if (count == 0) return absl::OkStatus();

  const uint32_t begin = clipped.first;
  const uint32_t end = clipped.first + count;
  const ChunkCut cut(chunks.timestamps.count, directory->chunk_samples_max());
  std::shared_ptr<const std::string>& group = memory->group;
  GroupEntry& entry = memory->entry;
  uint64_t offset = chunks.stream_offset;
  for (uint32_t number = 0; number < cut.chunks; offset += chunks.chunk_bytes[number++]) {
    const uint32_t chunk_begin = cut.Begin(number);
    const uint32_t chunk_end = cut.Begin(number + 1);
    if (chunk_end <= begin) continue;
    if (chunk_begin >= end) break;
    const uint32_t bytes = chunks.chunk_bytes[number];
    if (group == nullptr || offset < entry.stream_begin || offset >= entry.stream_end) {
      group = nullptr;
      const uint32_t group_number = directory->FindGroup(offset);
      VARVE_ASSIGN_OR_RETURN(entry, directory->Group(group_number));
      VARVE_ASSIGN_OR_RETURN(group, ReadGroup(group_number, entry));
    }
    if (offset < entry.stream_begin || offset >= entry.stream_end ||
        bytes > entry.stream_end - offset) {
      return DamagedError("the place of a chunk", entry.offset);
    }
    Chunk chunk;
    chunk.encoded = std::string_view(*group).substr(offset - entry.stream_begin, bytes);
    chunk.count = chunk_end - chunk_begin;
    chunk.begin = std::max(begin, chunk_begin) - chunk_begin;
    chunk.end = std::min(end, chunk_end) - chunk_begin;
    chunk.at = chunk_begin + chunk.begin - begin;
    if (!visit(chunk).ok()) return DamagedError("a chunk", entry.offset);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> MetricPart::HasSamplesIn(const SeriesChunks& chunks,
                                              TimeRange range_ms) const {
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, Directory());
  VARVE_ASSIGN_OR_RETURN(const ClippedColumn clipped,
                         columns_.Read(*directory, chunks.timestamps, range_ms));
  return !clipped.timestamps_ms->empty();
}

absl::StatusOr<uint8_t> MetricPart::HeadOfChunk(uint64_t stream_offset) const {
  VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, Directory());
  const uint32_t number = directory->FindGroup(stream_offset);
  VARVE_ASSIGN_OR_RETURN(const GroupEntry entry, directory->Group(number));
  if (stream_offset < entry.stream_begin || stream_offset >= entry.stream_end) {
    return DamagedError("the place of a chunk", entry.offset);
  }
  VARVE_ASSIGN_OR_RETURN(const std::shared_ptr<const std::string> group, ReadGroup(number, entry));
  return static_cast<uint8_t>((*group)[stream_offset - entry.stream_begin]);
}

absl::StatusOr<std::shared_ptr<const std::string>> MetricPart::ReadGroup(
    uint32_t number, const GroupEntry& entry) const {
  {
    MutexLock lock(&groups_mutex_);
    for (const CachedGroup& cached : groups_) {
      if (cached.number == number) return cached.chunks;
    }
  }
  auto chunks = std::make_shared<std::string>();
  std::string_view stored;
  const size_t raw_bytes = entry.stream_end - entry.stream_begin;
  if (entry.compression == GroupCompression::kNone) {
    VARVE_RETURN_IF_ERROR(file_->ReadBlock(SectionId::kMetricData, entry.offset, entry.stored_bytes,
                                           chunks.get(), &stored));
    chunks->resize(raw_bytes);  // without the checksum
  } else {
    std::string scratch;
    VARVE_RETURN_IF_ERROR(file_->ReadBlock(SectionId::kMetricData, entry.offset, entry.stored_bytes,
                                           &scratch, &stored));
    if (!Lz4Decompress(stored, raw_bytes, chunks.get()).ok()) {
      return DamagedError("a group of chunks", entry.offset);
    }
  }
  MutexLock lock(&groups_mutex_);
  groups_[next_group_slot_++ % kGroupCacheGroups] = {number, chunks};
  return std::shared_ptr<const std::string>(std::move(chunks));
}

absl::StatusOr<bool> MetricPartScanner::Next() {
  if (index_cursor_ == nullptr) {
    VARVE_ASSIGN_OR_RETURN(const SeriesIndex* index, part_->Index());
    VARVE_ASSIGN_OR_RETURN(const MetricPartDirectory* directory, part_->Directory());
    index_cursor_ = std::make_unique<SeriesCursor>(index);
    chunks_cursor_ = std::make_unique<SeriesChunksCursor>(directory);
  }
  if (next_ >= part_->series_count()) return false;
  VARVE_RETURN_IF_ERROR(ReadSeries(next_++));
  return true;
}

absl::Status MetricPartScanner::ReadSeries(uint32_t id) {
  LabelSetBuilder builder;
  VARVE_RETURN_IF_ERROR(index_cursor_->Seek(id));
  VARVE_RETURN_IF_ERROR(index_cursor_->AppendLabels(&builder));
  labels_ = builder.Build();
  VARVE_RETURN_IF_ERROR(chunks_cursor_->Seek(id));
  return part_->Read(chunks_cursor_->chunks(), TimeRange::All(), &timestamps_ms_, &values_,
                     &memory_);
}

}  // namespace varve::storage
