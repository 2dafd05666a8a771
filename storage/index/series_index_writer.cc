#include "storage/index/series_index_writer.h"

#include <algorithm>
#include <utility>

#include "storage/encoding/byte_writer.h"
#include "storage/index/postings.h"
#include "storage/index/symbol_table.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status TooLargeError(std::string_view what, uint64_t found, uint64_t wanted) {
  return absl::ResourceExhaustedError(
      StrCat("cannot write series index: ", found, " ", what, ", want at most ", wanted));
}

absl::Status CheckOffset(uint64_t offset) {
  if (offset <= UINT32_MAX) return absl::OkStatus();
  return TooLargeError("bytes of entries", offset, UINT32_MAX);
}

// One label of a series in the series section: rank of the name, rank of the value.
struct LabelRanks {
  uint32_t name;
  uint32_t value;
};

// The value ranks against which `labels` are told: those of `previous` where it has the name.
std::vector<uint32_t> ReferenceValues(const std::vector<LabelRanks>& previous,
                                      const std::vector<LabelRanks>& labels) {
  std::vector<uint32_t> reference(labels.size(), 0);
  size_t at = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    while (at < previous.size() && previous[at].name < labels[i].name) ++at;
    if (at < previous.size() && previous[at].name == labels[i].name) {
      reference[i] = previous[at].value;
    }
  }
  return reference;
}

void WriteSeriesEntry(const std::vector<LabelRanks>& previous, uint32_t previous_shape,
                      const std::vector<LabelRanks>& labels, uint32_t shape, ByteWriter* writer) {
  const std::vector<uint32_t> reference = ReferenceValues(previous, labels);
  const bool has_mask = labels.size() <= kMaskLabelsMax;
  uint64_t mask = 0;
  for (size_t i = 0; has_mask && i < labels.size(); ++i) {
    if (labels[i].value != reference[i]) mask |= uint64_t{1} << i;
  }
  if (shape == previous_shape) {
    writer->Varint((mask << 1) | 1);
  } else {
    writer->Varint(uint64_t{shape} << 1);
    if (has_mask) writer->Varint(mask);
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (has_mask && ((mask >> i) & 1) == 0) continue;
    writer->ZigZag(int64_t{labels[i].value} - int64_t{reference[i]});
  }
}

}  // namespace

uint32_t SeriesIndexWriter::NameNumber(std::string_view name, size_t position) {
  // Most series have the names of the one before.
  if (position < last_shape_.size() && names_[last_shape_[position]].text == name) {
    return last_shape_[position];
  }
  const auto [at, is_new] =
      name_numbers_.try_emplace(std::string(name), static_cast<uint32_t>(names_.size()));
  if (is_new) names_.emplace_back(name);
  return at->second;
}

absl::StatusOr<uint32_t> SeriesIndexWriter::Add(LabelSetView labels) {
  const uint32_t id = size();
  if (id > 0 && last_.Compare(labels) >= 0) {
    return absl::InvalidArgumentError(StrCat("cannot index series ", labels.ToString(),
                                             ": it comes after ", last_.ToString(),
                                             ", want increasing order"));
  }
  if (id >= kSeriesCountMax) return TooLargeError("series", id, kSeriesCountMax);
  std::vector<uint32_t> shape;
  size_t position = 0;
  for (const LabelView& label : labels) {
    const uint32_t number = NameNumber(label.name, position++);
    shape.push_back(number);
    Name& name = names_[number];
    if (name.series.empty() || name.last_value != label.value) {
      const auto [at, is_new] = name.value_numbers.try_emplace(
          std::string(label.value), static_cast<uint32_t>(name.value_numbers.size()));
      name.last_number = at->second;
      name.last_value.assign(label.value);
    }
    name.series.push_back(id);
    name.values.push_back(name.last_number);
  }
  if (id == 0 || shape != last_shape_) {
    const auto [at, is_new] = shapes_.try_emplace(shape, static_cast<uint32_t>(shapes_.size()));
    series_shapes_.push_back(at->second);
    last_shape_ = std::move(shape);
  } else {
    series_shapes_.push_back(series_shapes_.back());
  }
  last_ = LabelSet(labels);
  return id;
}

absl::StatusOr<SeriesIndexBytes> SeriesIndexWriter::Finish() {
  SeriesIndexBytes bytes;
  VARVE_RETURN_IF_ERROR(RankNames());
  std::vector<uint64_t> postings_offsets;
  VARVE_RETURN_IF_ERROR(WriteSeries(&bytes.series));
  VARVE_RETURN_IF_ERROR(WritePostings(&postings_offsets, &bytes.postings));
  WriteLabels(postings_offsets, &bytes.labels);
  *this = SeriesIndexWriter();
  return bytes;
}

absl::Status SeriesIndexWriter::RankNames() {
  by_rank_.resize(names_.size());
  for (uint32_t i = 0; i < by_rank_.size(); ++i) by_rank_[i] = i;
  std::sort(by_rank_.begin(), by_rank_.end(),
            [&](uint32_t a, uint32_t b) { return names_[a].text < names_[b].text; });
  for (uint32_t rank = 0; rank < by_rank_.size(); ++rank) {
    Name& name = names_[by_rank_[rank]];
    name.rank = rank;
    std::vector<std::pair<std::string_view, uint32_t>> values;
    values.reserve(name.value_numbers.size());
    uint64_t bytes = 0;
    for (const auto& [text, number] : name.value_numbers) {
      values.emplace_back(text, number);
      bytes += text.size() + 8;
    }
    VARVE_RETURN_IF_ERROR(CheckOffset(bytes));
    std::sort(values.begin(), values.end());
    name.ranks.resize(values.size());
    SymbolTableWriter table;
    for (const auto& [text, number] : values) {
      name.ranks[number] = table.size();
      table.Add(text);
    }
    table.Finish(&tables_.emplace_back());
    name.value_numbers.clear();
  }
  return absl::OkStatus();
}

void SeriesIndexWriter::WriteLabels(const std::vector<uint64_t>& postings_offsets,
                                    std::string* out) {
  SymbolTableWriter names;
  for (const uint32_t number : by_rank_) names.Add(names_[number].text);
  std::string names_table;
  names.Finish(&names_table);

  ByteWriter writer(out);
  writer.U32(size());
  writer.U32(static_cast<uint32_t>(names_.size()));
  writer.U64(names_table.size());
  writer.Bytes(names_table);
  uint64_t offset = 0;
  for (uint32_t rank = 0; rank < by_rank_.size(); ++rank) {
    writer.U64(offset);
    writer.U64(postings_offsets[rank]);
    offset += tables_[rank].size();
  }
  for (const std::string& table : tables_) writer.Bytes(table);
}

absl::Status SeriesIndexWriter::WriteSeries(std::string* out) {
  ByteWriter writer(out);
  std::vector<const std::vector<uint32_t>*> shapes(shapes_.size());
  for (const auto& [numbers, shape] : shapes_) shapes[shape] = &numbers;
  std::string shape_bytes;
  std::string shape_offsets;
  for (const std::vector<uint32_t>* numbers : shapes) {
    ByteWriter(&shape_offsets).U32(static_cast<uint32_t>(shape_bytes.size()));
    ByteWriter shape_writer(&shape_bytes);
    shape_writer.Varint(numbers->size());
    for (const uint32_t number : *numbers) shape_writer.Varint(names_[number].rank);
    VARVE_RETURN_IF_ERROR(CheckOffset(shape_bytes.size()));
  }

  std::string entries;
  std::string block_offsets;
  ByteWriter entry_writer(&entries);
  std::vector<size_t> next_value(names_.size(), 0);  // by name number
  std::vector<LabelRanks> previous;
  std::vector<LabelRanks> labels;
  uint32_t previous_shape = UINT32_MAX;
  for (uint32_t id = 0; id < size(); ++id) {
    if (id % kSeriesBlockSeries == 0) {
      ByteWriter(&block_offsets).U32(static_cast<uint32_t>(entries.size()));
      previous.clear();
      previous_shape = UINT32_MAX;
    }
    labels.clear();
    for (const uint32_t number : *shapes[series_shapes_[id]]) {
      const Name& name = names_[number];
      labels.push_back({name.rank, name.ranks[name.values[next_value[number]++]]});
    }
    WriteSeriesEntry(previous, previous_shape, labels, series_shapes_[id], &entry_writer);
    VARVE_RETURN_IF_ERROR(CheckOffset(entries.size()));
    previous.swap(labels);
    previous_shape = series_shapes_[id];
  }
  writer.U32(static_cast<uint32_t>(shapes.size()));
  writer.U32(static_cast<uint32_t>(shape_bytes.size()));
  writer.Bytes(shape_offsets);
  writer.Bytes(block_offsets);
  writer.Bytes(shape_bytes);
  writer.Bytes(entries);
  return absl::OkStatus();
}

absl::Status SeriesIndexWriter::WritePostings(std::vector<uint64_t>* offsets, std::string* out) {
  for (const uint32_t number : by_rank_) {
    offsets->push_back(out->size());
    VARVE_RETURN_IF_ERROR(WritePostingsOfName(names_[number], out));
  }
  return absl::OkStatus();
}

// Region of a name: the places of every 16th list, the list of all series with the name, then one
// list per value in the order of their ranks.
absl::Status SeriesIndexWriter::WritePostingsOfName(const Name& name, std::string* out) {
  const size_t value_count = name.ranks.size();
  // Counting sort of the ids by value rank; it keeps their order.
  std::vector<size_t> ends(value_count + 1, 0);
  for (const uint32_t number : name.values) ++ends[name.ranks[number] + 1];
  for (size_t i = 1; i <= value_count; ++i) ends[i] += ends[i - 1];
  std::vector<size_t> next(ends.begin(), ends.end() - 1);
  std::vector<uint32_t> ids(name.series.size());
  for (size_t i = 0; i < name.series.size(); ++i) {
    ids[next[name.ranks[name.values[i]]]++] = name.series[i];
  }

  std::string lists;
  std::string offsets;
  EncodePostings(name.series, &lists);
  const size_t offset_bytes =
      (value_count + kPostingsBlockLists - 1) / kPostingsBlockLists * sizeof(uint32_t);
  for (size_t value = 0; value < value_count; ++value) {
    if (value % kPostingsBlockLists == 0) {
      ByteWriter(&offsets).U32(static_cast<uint32_t>(offset_bytes + lists.size()));
    }
    EncodePostings(std::span(ids).subspan(ends[value], ends[value + 1] - ends[value]), &lists);
    VARVE_RETURN_IF_ERROR(CheckOffset(offset_bytes + lists.size()));
  }
  out->append(offsets);
  out->append(lists);
  return absl::OkStatus();
}

}  // namespace varve::storage
