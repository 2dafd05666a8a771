#include "tools/prometheus_block/block_index.h"

#include <algorithm>
#include <array>
#include <utility>

#include "storage/io/crc32c.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"
#include "tools/prometheus_block/byte_cursor.h"

namespace varve::tools {
namespace {

using storage::Crc32c;
using storage::StrCat;

constexpr uint64_t kMagic = 0xbaaad700;
constexpr uint64_t kVersion = 2;
constexpr size_t kHeaderBytes = 5;
constexpr size_t kContentsEntries = 6;
constexpr size_t kContentsBytes = kContentsEntries * 8 + 4;  // and a checksum

}  // namespace

absl::Status BlockIndex::Damaged(std::string_view found, uint64_t offset) const {
  return absl::DataLossError(StrCat("cannot read ", path_, " at byte ", offset, ": ", found,
                                    ", want an index of a Prometheus block"));
}

absl::StatusOr<std::unique_ptr<BlockIndex>> BlockIndex::Open(storage::FileSystem* files,
                                                             const std::string& path) {
  auto index = std::make_unique<BlockIndex>();
  VARVE_ASSIGN_OR_RETURN(index->file_, files->NewRandomAccessFile(path));
  index->bytes_ = index->file_->mapped();
  if (index->bytes_.empty()) {
    VARVE_RETURN_IF_ERROR(index->file_->Read(0, index->file_->size(), &index->buffer_));
    index->bytes_ = index->buffer_;
  }
  index->path_ = path;
  VARVE_RETURN_IF_ERROR(index->ReadContents());
  return index;
}

absl::StatusOr<std::unique_ptr<BlockIndex>> BlockIndex::Parse(std::string_view bytes,
                                                              const std::string& path) {
  auto index = std::make_unique<BlockIndex>();
  index->bytes_ = bytes;
  index->path_ = path;
  VARVE_RETURN_IF_ERROR(index->ReadContents());
  return index;
}

absl::Status BlockIndex::ReadContents() {
  BlockByteCursor header(bytes_);
  if (bytes_.size() < kHeaderBytes + kContentsBytes || header.TakeBigEndian(4) != kMagic) {
    return Damaged("no magic number", 0);
  }
  if (const uint64_t version = header.TakeBigEndian(1); version != kVersion) {
    return absl::FailedPreconditionError(
        StrCat("cannot read ", path_, ": version ", version, " of the index, want ", kVersion));
  }
  const uint64_t contents_begin = bytes_.size() - kContentsBytes;
  const std::string_view contents = bytes_.substr(contents_begin, kContentsEntries * 8);
  BlockByteCursor cursor(contents);
  std::array<uint64_t, kContentsEntries> offsets;
  for (uint64_t& offset : offsets) offset = cursor.TakeBigEndian(8);
  if (BlockByteCursor(bytes_.substr(contents_begin + contents.size())).TakeBigEndian(4) !=
      Crc32c(contents)) {
    return Damaged("a table of contents that does not verify", contents_begin);
  }
  const auto [symbols, series, labels, label_table, postings, postings_table] = offsets;
  series_begin_ = series;
  // The series end where the next section begins.
  series_end_ = contents_begin;
  for (const uint64_t offset : {labels, label_table, postings, postings_table}) {
    if (offset > series) series_end_ = std::min(series_end_, offset);
  }
  if (symbols >= contents_begin || series >= contents_begin) {
    return Damaged("a section behind its end", contents_begin);
  }
  if (series == 0) series_begin_ = series_end_ = 0;
  return symbols == 0 ? absl::OkStatus() : ReadSymbols(symbols);
}

absl::Status BlockIndex::ReadSymbols(uint64_t offset) {
  BlockByteCursor cursor(bytes_.substr(offset));
  const std::string_view section = cursor.TakeBytes(cursor.TakeBigEndian(4));
  const uint64_t checksum = cursor.TakeBigEndian(4);
  if (!cursor.ok() || checksum != Crc32c(section)) {
    return Damaged("symbols that do not verify", offset);
  }
  BlockByteCursor symbols(section);
  const uint64_t count = symbols.TakeBigEndian(4);
  if (count > section.size()) return Damaged("more symbols than bytes", offset);
  symbols_.reserve(count);
  for (uint64_t i = 0; i < count; ++i) symbols_.push_back(symbols.TakeBytes(symbols.TakeVarint()));
  return symbols.ok() ? absl::OkStatus() : Damaged("symbols that are cut off", offset);
}

absl::Status BlockIndex::DecodeSeries(std::string_view entry, BlockSeries* series) const {
  const auto damaged = [&](std::string_view found) {
    return Damaged(found, static_cast<uint64_t>(entry.data() - bytes_.data()));
  };
  BlockByteCursor cursor(entry);
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  const uint64_t label_count = cursor.TakeVarint();
  for (uint64_t i = 0; i < label_count && cursor.ok(); ++i) {
    const uint64_t name = cursor.TakeVarint();
    const uint64_t value = cursor.TakeVarint();
    if (name >= symbols_.size() || value >= symbols_.size()) return damaged("an unknown symbol");
    labels.emplace_back(symbols_[name], symbols_[value]);
  }
  series->labels = storage::LabelSet::FromPairs(std::move(labels));
  series->chunks.clear();
  const uint64_t chunk_count = cursor.TakeVarint();
  // Unsigned, so that nonsense wraps instead of overflowing.
  uint64_t time = 0;
  uint64_t place = 0;
  for (uint64_t i = 0; i < chunk_count && cursor.ok(); ++i) {
    BlockChunk chunk;
    time = i == 0 ? static_cast<uint64_t>(cursor.TakeZigZag()) : time + cursor.TakeVarint();
    chunk.min_time_ms = static_cast<int64_t>(time);
    time += cursor.TakeVarint();
    chunk.max_time_ms = static_cast<int64_t>(time);
    place = i == 0 ? cursor.TakeVarint() : place + static_cast<uint64_t>(cursor.TakeZigZag());
    chunk.segment = static_cast<uint32_t>(place >> 32);
    chunk.offset = static_cast<uint32_t>(place);
    series->chunks.push_back(chunk);
  }
  return cursor.ok() ? absl::OkStatus() : damaged("a series that is cut off");
}

absl::StatusOr<bool> BlockIndex::Cursor::Next(BlockSeries* series) {
  constexpr uint64_t kAlignment = 16;
  while (true) {
    position_ = (position_ + kAlignment - 1) / kAlignment * kAlignment;
    if (position_ >= index_.series_end_) return false;
    BlockByteCursor cursor(index_.bytes_.substr(position_, index_.series_end_ - position_));
    const uint64_t begin = position_;
    const uint64_t length = cursor.TakeVarint();
    if (cursor.ok() && length == 0) {  // padding in front of the next section
      position_ += kAlignment;
      continue;
    }
    const std::string_view entry = cursor.TakeBytes(length);
    const uint64_t checksum = cursor.TakeBigEndian(4);
    if (!cursor.ok() || checksum != Crc32c(entry)) {
      return index_.Damaged("a series that does not verify", begin);
    }
    series->ref = begin / kAlignment;
    VARVE_RETURN_IF_ERROR(index_.DecodeSeries(entry, series));
    position_ = index_.series_end_ - cursor.size();
    return true;
  }
}

double BlockIndex::Cursor::progress() const {
  const uint64_t size = index_.series_end_ - index_.series_begin_;
  return size == 0
             ? 1
             : static_cast<double>(position_ - index_.series_begin_) / static_cast<double>(size);
}

}  // namespace varve::tools
