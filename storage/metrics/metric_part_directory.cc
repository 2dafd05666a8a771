#include "storage/metrics/metric_part_directory.h"

#include <cstring>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status DamagedError(std::string_view what, uint64_t number) {
  return absl::DataLossError(
      StrCat("cannot read metric directory: ", what, " ", number, " is damaged"));
}

uint64_t RestartBytes(uint32_t entries) {
  return (uint64_t{entries} + kDirectoryBlockEntries - 1) / kDirectoryBlockEntries *
         sizeof(uint32_t);
}

// The bytes from the restart of a block on; empty where its place is damaged.
std::string_view BlockBytes(std::string_view restarts, std::string_view entries, uint32_t block) {
  uint32_t offset = 0;
  std::memcpy(&offset, restarts.data() + size_t{block} * sizeof(offset), sizeof(offset));
  return offset <= entries.size() ? entries.substr(offset) : std::string_view();
}

}  // namespace

absl::StatusOr<MetricPartDirectory> MetricPartDirectory::Open(std::string_view section) {
  MetricPartDirectory directory;
  ByteReader reader(section);
  uint32_t columns_bytes = 0;
  if (!reader.U32(&directory.series_count_) || !reader.U32(&directory.column_count_) ||
      !reader.U32(&directory.group_count_) || !reader.U32(&directory.chunk_samples_max_) ||
      !reader.U32(&columns_bytes) || !reader.U64(&directory.stream_bytes_) ||
      directory.chunk_samples_max_ == 0 || directory.chunk_samples_max_ > kChunkSamplesMax ||
      !reader.Bytes(uint64_t{directory.group_count_} * kGroupEntryBytes, &directory.groups_) ||
      !reader.Bytes(uint64_t{directory.column_count_} * sizeof(uint32_t),
                    &directory.column_counts_) ||
      !reader.Bytes(RestartBytes(directory.column_count_), &directory.column_restarts_) ||
      !reader.Bytes(RestartBytes(directory.series_count_), &directory.series_restarts_) ||
      !reader.Bytes(columns_bytes, &directory.columns_)) {
    return DamagedError("head", 0);
  }
  directory.series_ = reader.rest();
  return directory;
}

absl::StatusOr<ColumnEntry> MetricPartDirectory::Column(uint32_t column) const {
  if (column >= column_count_) return DamagedError("column", column);
  const uint32_t block = column / kDirectoryBlockEntries;
  ByteReader reader(BlockBytes(column_restarts_, columns_, block));
  ColumnEntry entry;
  for (uint32_t i = block * kDirectoryBlockEntries; i <= column; ++i) {
    uint64_t gap = 0;
    uint64_t bytes = 0;
    int64_t first_difference = 0;
    uint64_t duration_ms = 0;
    if (!reader.Varint(&gap) || !reader.VarintUpTo(UINT32_MAX, &bytes) ||
        !reader.ZigZag(&first_difference) || !reader.Varint(&duration_ms)) {
      return DamagedError("column", column);
    }
    // Unsigned sums may wrap; a place outside the section is found when it is read.
    entry.offset = entry.offset + entry.bytes + gap;
    entry.bytes = static_cast<uint32_t>(bytes);
    entry.first_ms = static_cast<int64_t>(static_cast<uint64_t>(entry.first_ms) +
                                          static_cast<uint64_t>(first_difference));
    entry.last_ms = static_cast<int64_t>(static_cast<uint64_t>(entry.first_ms) + duration_ms);
  }
  entry.count = ColumnCount(column);
  if (entry.count == 0 || entry.count > kColumnTimestampsMax) return DamagedError("column", column);
  return entry;
}

uint32_t MetricPartDirectory::ColumnCount(uint32_t column) const {
  uint32_t count = 0;
  std::memcpy(&count, column_counts_.data() + size_t{column} * sizeof(count), sizeof(count));
  return count;
}

uint64_t MetricPartDirectory::StreamBegin(uint32_t group) const {
  if (group == group_count_) return stream_bytes_;
  uint64_t begin = 0;
  std::memcpy(&begin, groups_.data() + size_t{group} * kGroupEntryBytes, sizeof(begin));
  return begin;
}

absl::StatusOr<GroupEntry> MetricPartDirectory::Group(uint32_t group) const {
  if (group >= group_count_) return DamagedError("chunk group", group);
  ByteReader reader(groups_.substr(size_t{group} * kGroupEntryBytes, kGroupEntryBytes));
  GroupEntry entry;
  uint32_t compression = 0;
  if (!reader.U64(&entry.stream_begin) || !reader.U64(&entry.offset) ||
      !reader.U32(&entry.stored_bytes) || !reader.U32(&compression) ||
      compression > static_cast<uint32_t>(GroupCompression::kLz4)) {
    return DamagedError("chunk group", group);
  }
  entry.stream_end = StreamBegin(group + 1);
  entry.compression = static_cast<GroupCompression>(compression);
  if (entry.stream_end < entry.stream_begin ||
      entry.stream_end - entry.stream_begin > kChunkGroupBytesMax ||
      entry.stream_end - entry.stream_begin > kGroupRatioMax * entry.stored_bytes ||
      (entry.compression == GroupCompression::kNone &&
       entry.stored_bytes != entry.stream_end - entry.stream_begin)) {
    return DamagedError("chunk group", group);
  }
  return entry;
}

uint32_t MetricPartDirectory::FindGroup(uint64_t stream_offset) const {
  if (stream_offset >= stream_bytes_) return group_count_;
  uint32_t low = 0;  // the last group that begins at or before the offset
  uint32_t high = group_count_;
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2;
    (StreamBegin(middle) <= stream_offset ? low : high) = middle;
  }
  return low;
}

absl::Status SeriesChunksCursor::Seek(uint32_t id) {
  if (id >= directory_->series_count_) return DamagedError("series", id);
  if (next_ == id + 1) return absl::OkStatus();
  const uint32_t block = id / kDirectoryBlockEntries;
  if (next_ > id || next_ / kDirectoryBlockEntries != block) {
    next_ = block * kDirectoryBlockEntries;
    rest_ = BlockBytes(directory_->series_restarts_, directory_->series_, block);
  }
  while (next_ <= id) {
    if (absl::Status status = Step(); !status.ok()) {
      next_ = UINT32_MAX;
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SeriesChunksCursor::Step() {
  const uint32_t id = next_;
  ByteReader reader(rest_);
  int64_t previous_column = chunks_.timestamps.column;
  if (id % kDirectoryBlockEntries == 0) {
    previous_column = 0;
    if (!reader.Varint(&stream_end_)) return DamagedError("series", id);
  }
  uint64_t head = 0;
  if (!reader.Varint(&head)) return DamagedError("series", id);
  const int64_t column = previous_column + UnZigZag(head >> 1);
  if (column < 0 || column >= directory_->column_count_) return DamagedError("series", id);
  ColumnSlice& slice = chunks_.timestamps;
  slice.column = static_cast<uint32_t>(column);
  const uint32_t column_count = directory_->ColumnCount(slice.column);
  if (column_count == 0 || column_count > kColumnTimestampsMax) return DamagedError("series", id);
  if ((head & 1) != 0) {
    uint64_t first = 0;
    uint64_t count = 0;
    if (!reader.VarintUpTo(column_count, &first) ||
        !reader.VarintUpTo(column_count - first, &count) || count == 0) {
      return DamagedError("series", id);
    }
    slice.first = static_cast<uint32_t>(first);
    slice.count = static_cast<uint32_t>(count);
  } else {
    slice.first = 0;
    slice.count = column_count;
  }
  const ChunkCut cut(slice.count, directory_->chunk_samples_max_);
  if (cut.chunks > reader.remaining()) return DamagedError("series", id);
  chunks_.stream_offset = stream_end_;
  chunks_.chunk_bytes.resize(cut.chunks);
  for (uint32_t& bytes : chunks_.chunk_bytes) {
    uint64_t length = 0;
    if (!reader.VarintUpTo(kChunkGroupBytesMax, &length)) return DamagedError("series", id);
    bytes = static_cast<uint32_t>(length);
    stream_end_ += length;
  }
  rest_ = reader.rest();
  ++next_;
  return absl::OkStatus();
}

uint32_t MetricPartDirectoryWriter::AddColumn(const ColumnEntry& column) {
  ByteWriter writer(&columns_);
  if (column_count_ % kDirectoryBlockEntries == 0) {
    ByteWriter(&column_restarts_).U32(static_cast<uint32_t>(columns_.size()));
    last_column_ = ColumnEntry();
  }
  writer.Varint(column.offset - last_column_.offset - last_column_.bytes);
  writer.Varint(column.bytes);
  ByteWriter(&column_counts_).U32(column.count);
  writer.ZigZag(static_cast<int64_t>(static_cast<uint64_t>(column.first_ms) -
                                     static_cast<uint64_t>(last_column_.first_ms)));
  writer.Varint(static_cast<uint64_t>(column.last_ms) - static_cast<uint64_t>(column.first_ms));
  last_column_ = column;
  return column_count_++;
}

absl::Status MetricPartDirectoryWriter::AddSeries(const ColumnSlice& timestamps, bool is_whole,
                                                  const std::vector<uint32_t>& chunk_bytes) {
  if (series_.size() > UINT32_MAX || columns_.size() > UINT32_MAX) {
    return absl::ResourceExhaustedError(StrCat("cannot write metric directory: ", series_.size(),
                                               " bytes of entries, want at most ", UINT32_MAX));
  }
  ByteWriter writer(&series_);
  if (series_count_ % kDirectoryBlockEntries == 0) {
    ByteWriter(&series_restarts_).U32(static_cast<uint32_t>(series_.size()));
    last_series_column_ = 0;
    writer.Varint(stream_bytes_);
  }
  const int64_t difference = int64_t{timestamps.column} - int64_t{last_series_column_};
  writer.Varint((ZigZag(difference) << 1) | (is_whole ? 0 : 1));
  if (!is_whole) {
    writer.Varint(timestamps.first);
    writer.Varint(timestamps.count);
  }
  for (const uint32_t bytes : chunk_bytes) {
    writer.Varint(bytes);
    stream_bytes_ += bytes;
  }
  last_series_column_ = timestamps.column;
  ++series_count_;
  return absl::OkStatus();
}

void MetricPartDirectoryWriter::Finish(std::string* out) const {
  ByteWriter writer(out);
  writer.U32(series_count_);
  writer.U32(column_count_);
  writer.U32(static_cast<uint32_t>(groups_.size()));
  writer.U32(chunk_samples_max_);
  writer.U32(static_cast<uint32_t>(columns_.size()));
  writer.U64(stream_bytes_);
  for (const GroupEntry& group : groups_) {
    writer.U64(group.stream_begin);
    writer.U64(group.offset);
    writer.U32(group.stored_bytes);
    writer.U32(static_cast<uint32_t>(group.compression));
  }
  writer.Bytes(column_counts_);
  writer.Bytes(column_restarts_);
  writer.Bytes(series_restarts_);
  writer.Bytes(columns_);
  writer.Bytes(series_);
}

}  // namespace varve::storage
