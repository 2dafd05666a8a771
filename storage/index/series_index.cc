#include "storage/index/series_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/hash/hash.h"
#include "storage/encoding/byte_reader.h"
#include "storage/index/id_bitmap.h"
#include "storage/index/series_index_writer.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

constexpr size_t kNameEntryBytes = 16;

absl::Status DamagedError(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read series index: ", what, " is damaged"));
}

uint32_t LoadU32(std::string_view bytes, size_t index) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
  return value;
}

uint64_t LoadU64(std::string_view bytes, size_t offset) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

uint32_t BlockCount(uint32_t items, uint32_t per_block) {
  return items / per_block + (items % per_block != 0 ? 1 : 0);
}

// Stands for "series `id` has value `value` of name `name`" in the comparison of Verify.
uint64_t HashOf(uint32_t name, uint32_t value, uint32_t id) {
  return absl::Hash<std::pair<uint64_t, uint32_t>>{}({uint64_t{name} << 32 | value, id});
}

}  // namespace

absl::StatusOr<std::unique_ptr<SeriesIndex>> SeriesIndex::Open(const SeriesIndexViews& views) {
  std::unique_ptr<SeriesIndex> index(new SeriesIndex());
  VARVE_RETURN_IF_ERROR(index->ParseLabels(views));
  VARVE_RETURN_IF_ERROR(index->ParseSeries(views.series));
  return index;
}

absl::Status SeriesIndex::ParseLabels(const SeriesIndexViews& views) {
  ByteReader reader(views.labels);
  uint32_t name_count = 0;
  uint64_t table_bytes = 0;
  std::string_view names_table;
  if (!reader.U32(&series_count_) || !reader.U32(&name_count) || !reader.U64(&table_bytes) ||
      series_count_ > kSeriesCountMax || table_bytes > reader.remaining() ||
      !reader.Bytes(table_bytes, &names_table) ||
      !reader.Bytes(uint64_t{name_count} * kNameEntryBytes, &name_entries_)) {
    return DamagedError("the head of the label section");
  }
  VARVE_ASSIGN_OR_RETURN(names_, SymbolTable::Open(names_table));
  if (names_.size() != name_count) return DamagedError("the number of label names");
  tables_ = reader.rest();
  postings_ = views.postings;
  return absl::OkStatus();
}

absl::Status SeriesIndex::ParseSeries(std::string_view section) {
  ByteReader reader(section);
  uint32_t shapes_bytes = 0;
  const uint64_t blocks = BlockCount(series_count_, kSeriesBlockSeries);
  if (!reader.U32(&shape_count_) || !reader.U32(&shapes_bytes) ||
      !reader.Bytes(uint64_t{shape_count_} * sizeof(uint32_t), &shape_offsets_) ||
      !reader.Bytes(blocks * sizeof(uint32_t), &block_offsets_) ||
      !reader.Bytes(shapes_bytes, &shapes_)) {
    return DamagedError("the head of the series section");
  }
  entries_ = reader.rest();
  // Every series takes a byte at least; a count beyond that would let lists of ids grow without
  // bytes to pay for them.
  if (series_count_ > entries_.size()) return DamagedError("the number of series");
  return absl::OkStatus();
}

absl::StatusOr<SeriesIndex::NameRegion> SeriesIndex::Region(uint32_t name_rank) const {
  const size_t entry = size_t{name_rank} * kNameEntryBytes;
  const bool is_last = name_rank + 1 == names_.size();
  const uint64_t table_begin = LoadU64(name_entries_, entry);
  const uint64_t table_end =
      is_last ? tables_.size() : LoadU64(name_entries_, entry + kNameEntryBytes);
  const uint64_t postings_begin = LoadU64(name_entries_, entry + 8);
  const uint64_t postings_end =
      is_last ? postings_.size() : LoadU64(name_entries_, entry + kNameEntryBytes + 8);
  if (table_begin > table_end || table_end > tables_.size() || postings_begin > postings_end ||
      postings_end > postings_.size()) {
    return DamagedError("the entry of a label name");
  }
  NameRegion region;
  region.postings = postings_.substr(postings_begin, postings_end - postings_begin);
  VARVE_ASSIGN_OR_RETURN(region.values,
                         SymbolTable::Open(tables_.substr(table_begin, table_end - table_begin)));
  if (uint64_t{BlockCount(region.values.size(), kPostingsBlockLists)} * sizeof(uint32_t) >
      region.postings.size()) {
    return DamagedError("the postings of a label name");
  }
  return region;
}

absl::StatusOr<std::optional<SeriesIndex::NameRegion>> SeriesIndex::FindRegion(
    std::string_view name) const {
  VARVE_ASSIGN_OR_RETURN(const std::optional<uint32_t> rank, names_.Find(name));
  if (!rank.has_value()) return std::nullopt;
  VARVE_ASSIGN_OR_RETURN(NameRegion region, Region(*rank));
  return std::optional<NameRegion>(std::move(region));
}

std::string_view SeriesIndex::SeriesBlock(uint32_t block) const {
  const uint32_t offset = LoadU32(block_offsets_, block);
  return offset <= entries_.size() ? entries_.substr(offset) : std::string_view();
}

absl::Status SeriesIndex::ReadShape(uint32_t shape, std::vector<uint32_t>* name_ranks) const {
  name_ranks->clear();
  if (shape >= shape_count_) return DamagedError("a shape number");
  const uint32_t offset = LoadU32(shape_offsets_, shape);
  if (offset > shapes_.size()) return DamagedError("a shape offset");
  ByteReader reader(shapes_.substr(offset));
  uint64_t count = 0;
  if (!reader.VarintUpTo(names_.size(), &count)) return DamagedError("a shape");
  name_ranks->reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t rank = 0;
    if (!reader.VarintUpTo(names_.size() - 1, &rank) || (i > 0 && rank <= name_ranks->back())) {
      return DamagedError("a shape");
    }
    name_ranks->push_back(static_cast<uint32_t>(rank));
  }
  return absl::OkStatus();
}

absl::StatusOr<LabelSet> SeriesIndex::Labels(uint32_t id) const {
  SeriesCursor cursor(this);
  VARVE_RETURN_IF_ERROR(cursor.Seek(id));
  LabelSetBuilder builder;
  VARVE_RETURN_IF_ERROR(cursor.AppendLabels(&builder));
  return builder.Build();
}

absl::Status SeriesIndex::Verify() const {
  // Both sections name the same (name, value, id) triples when their hashes have the same sum.
  uint64_t series_sum = 0;
  SeriesCursor cursor(this);
  LabelSet previous;
  for (uint32_t id = 0; id < series_count_; ++id) {
    VARVE_RETURN_IF_ERROR(cursor.Seek(id));
    LabelSetBuilder builder;
    VARVE_RETURN_IF_ERROR(cursor.AppendLabels(&builder));
    LabelSet labels = builder.Build();
    if (id > 0 && previous.Compare(labels) >= 0) return DamagedError("the order of series");
    previous = std::move(labels);
    for (size_t i = 0; i < cursor.name_ranks().size(); ++i) {
      series_sum += HashOf(cursor.name_ranks()[i], cursor.value_ranks()[i], id);
    }
  }
  uint64_t postings_sum = 0;
  for (uint32_t name = 0; name < names_.size(); ++name) {
    VARVE_ASSIGN_OR_RETURN(const NameRegion region, Region(name));
    SymbolCursor values(region.values);
    for (uint32_t value = 0; value < region.values.size(); ++value) {
      VARVE_RETURN_IF_ERROR(values.Seek(value));
    }
    IdBitmap all({0, series_count_});
    std::string_view bytes = region.postings.substr(
        BlockCount(region.values.size(), kPostingsBlockLists) * sizeof(uint32_t));
    VARVE_ASSIGN_OR_RETURN(const EncodedPostings presence, ReadPostings(bytes));
    bytes.remove_prefix(presence.encoded_bytes);
    for (uint32_t value = 0; value < region.values.size(); ++value) {
      if (value % kPostingsBlockLists == 0 &&
          LoadU32(region.postings, value / kPostingsBlockLists) !=
              static_cast<size_t>(bytes.data() - region.postings.data())) {
        return DamagedError("the place of a postings list");
      }
      VARVE_ASSIGN_OR_RETURN(const EncodedPostings list, ReadPostings(bytes));
      bytes.remove_prefix(list.encoded_bytes);
      IdList ids;
      VARVE_RETURN_IF_ERROR(DecodePostings(list, series_count_, &ids));
      VARVE_RETURN_IF_ERROR(all.Add(list, series_count_));
      for (const uint32_t id : ids) postings_sum += HashOf(name, value, id);
    }
    IdList present;
    VARVE_RETURN_IF_ERROR(DecodePostings(presence, series_count_, &present));
    if (!bytes.empty() || all.List() != present) return DamagedError("the postings of a name");
  }
  return series_sum == postings_sum ? absl::OkStatus() : DamagedError("a postings list");
}

}  // namespace varve::storage
