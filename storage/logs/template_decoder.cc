#include "storage/logs/template_decoder.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "storage/encoding/byte_reader.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/short_copy.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot decode templates of log block: ", what));
}

constexpr uint32_t kNoColumn = UINT32_MAX;

}  // namespace

absl::Status TemplateDecoder::Open(std::string_view group, const LogTemplateTable* table,
                                   std::span<const int64_t> timestamps_ns) {
  table_ = table;
  timestamps_ns_ = timestamps_ns;
  heap_decoded_ = false;
  ByteReader reader(group);
  VARVE_RETURN_IF_ERROR(OpenTemplates(&reader));
  VARVE_RETURN_IF_ERROR(OpenColumns(&reader));
  VARVE_RETURN_IF_ERROR(ReadTextColumn(&reader, &heap_column_));
  if (!reader.AtEnd()) return Malformed("bytes behind the heap");
  if (heap_begin_.back() != heap_column_.raw_bytes) {
    return Malformed(StrCat(heap_column_.raw_bytes, " bytes of heap, want ", heap_begin_.back()));
  }
  return absl::OkStatus();
}

absl::Status TemplateDecoder::OpenTemplates(ByteReader* reader) {
  uint64_t count = 0;
  if (!reader->VarintUpTo(timestamps_ns_.size(), &count) || count == 0) {
    return Malformed("number of templates");
  }
  if (table_->empty()) return Malformed("the part has no templates");
  VARVE_RETURN_IF_ERROR(
      ReadUnsignedColumn(reader, count, static_cast<uint32_t>(table_->size() - 1), &template_ids_));
  VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, timestamps_ns_.size(),
                                           static_cast<uint32_t>(count - 1), &row_templates_));
  column_of_path_.resize(table_->path_count(), kNoColumn);
  slot_columns_.clear();
  slots_begin_.assign(1, 0);
  column_count_ = 0;
  for (const uint32_t id : template_ids_) {
    for (const uint32_t path : table_->paths(id)) {
      uint32_t& column = column_of_path_[path];
      if (column == kNoColumn) column = static_cast<uint32_t>(column_count_++);
      slot_columns_.push_back(column);
    }
    slots_begin_.push_back(static_cast<uint32_t>(slot_columns_.size()));
  }
  // Clean again for the next block, whose table may be another.
  for (const uint32_t id : template_ids_) {
    for (const uint32_t path : table_->paths(id)) column_of_path_[path] = kNoColumn;
  }
  return absl::OkStatus();
}

absl::Status TemplateDecoder::OpenColumns(ByteReader* reader) {
  uint64_t count = 0;
  if (!reader->Varint(&count) || count != column_count_) {
    return Malformed(StrCat(count, " columns, want ", column_count_));
  }
  std::vector<uint32_t> bytes;
  VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, count, UINT32_MAX, &bytes));
  std::vector<uint32_t> rows_of(template_ids_.size());
  for (const uint32_t local : row_templates_) ++rows_of[local];
  std::vector<uint32_t> values(count);
  for (uint32_t local = 0; local < rows_of.size(); ++local) {
    for (const uint32_t column : ColumnsOf(local)) values[column] += rows_of[local];
  }
  if (columns_.size() < count) columns_.resize(count);
  heap_begin_.assign(1, 0);
  held_bytes_.assign(count, std::nullopt);
  for (size_t i = 0; i < count; ++i) {
    std::string_view column;
    if (!reader->Bytes(bytes[i], &column)) return Malformed("a column is cut off");
    VARVE_RETURN_IF_ERROR(columns_[i].Open(column, values[i]));
    heap_begin_.push_back(heap_begin_.back() + columns_[i].heap_bytes());
  }
  return absl::OkStatus();
}

absl::Status TemplateDecoder::DecodeColumn(uint32_t column) {
  TemplateColumn& decoded = columns_[column];
  if (decoded.decoded()) return absl::OkStatus();
  std::string_view heap;
  if (decoded.heap_bytes() > 0) {
    if (!heap_decoded_) {
      VARVE_RETURN_IF_ERROR(DecodeText(heap_column_, &heap_scratch_, &heap_));
      heap_decoded_ = true;
    }
    heap = heap_.substr(heap_begin_[column], decoded.heap_bytes());
  }
  if (!decoded.needs_timestamps()) return decoded.Decode(heap, {});
  return decoded.Decode(heap, TimestampsOf(column));
}

absl::Status TemplateDecoder::LoadColumn(uint32_t column) {
  VARVE_RETURN_IF_ERROR(DecodeColumn(column));
  return columns_[column].LoadIds();
}

std::vector<int64_t> TemplateDecoder::TimestampsOf(uint32_t column) const {
  std::vector<uint8_t> has(template_ids_.size());
  for (uint32_t local = 0; local < has.size(); ++local) {
    const auto columns = ColumnsOf(local);
    has[local] = std::find(columns.begin(), columns.end(), column) != columns.end() ? 1 : 0;
  }
  std::vector<int64_t> timestamps;
  timestamps.reserve(columns_[column].count());
  for (size_t row = 0; row < entries(); ++row) {
    if (has[row_templates_[row]] != 0) timestamps.push_back(timestamps_ns_[row]);
  }
  return timestamps;
}

absl::Status TemplateDecoder::MakeLines(std::span<const uint32_t> rows, size_t bytes_max,
                                        std::string* text, std::vector<uint32_t>* offsets) {
  offsets->clear();
  std::vector<uint8_t> wanted(template_ids_.size());
  for (const uint32_t row : rows) wanted[row_templates_[row]] = 1;
  // Of other templates only the columns that wanted ones share are walked along.
  std::vector<uint8_t> needed(column_count_);
  for (uint32_t local = 0; local < wanted.size(); ++local) {
    if (wanted[local] == 0) continue;
    for (const uint32_t column : ColumnsOf(local)) {
      needed[column] = 1;
      VARVE_RETURN_IF_ERROR(LoadColumn(column));
    }
  }
  std::vector<std::vector<uint32_t>> walked(template_ids_.size());
  for (uint32_t local = 0; local < walked.size(); ++local) {
    for (const uint32_t column : ColumnsOf(local)) {
      if (needed[column] != 0) walked[local].push_back(column);
    }
  }
  text->resize(bytes_max);
  char* const begin = text->data();
  char* out = begin;
  size_t room = bytes_max;
  const auto put = [&](std::string_view piece) {
    if (piece.size() > room) return false;
    ShortCopy(out, piece.data(), piece.size());
    out += piece.size();
    room -= piece.size();
    return true;
  };
  std::vector<uint32_t> cursors(column_count_);
  size_t row = 0;
  for (const uint32_t next : rows) {
    for (; row < next; ++row) {
      for (const uint32_t column : walked[row_templates_[row]]) ++cursors[column];
    }
    ++row;
    offsets->push_back(static_cast<uint32_t>(out - begin));
    const uint32_t local = row_templates_[next];
    const LogTemplate& entry = table_->at(template_ids_[local]);
    const std::span<const uint32_t> columns = ColumnsOf(local);
    for (size_t slot = 0; slot < columns.size(); ++slot) {
      if (!put(entry.piece(slot)) ||
          !put(columns_[columns[slot]].value(cursors[columns[slot]]++))) {
        return Malformed(StrCat("lines of more than ", bytes_max, " bytes"));
      }
    }
    if (!put(entry.piece(columns.size()))) {
      return Malformed(StrCat("lines of more than ", bytes_max, " bytes"));
    }
  }
  offsets->push_back(static_cast<uint32_t>(out - begin));
  text->resize(bytes_max - room);
  return absl::OkStatus();
}

absl::Status TemplateDecoder::Find(const LineSearch& needle, std::vector<uint8_t>* mask) {
  Matches matches;
  matches.reserve(template_ids_.size());
  std::deque<TemplateMatch> refined;
  bool any_every = false;
  bool any_slots = false;
  bool any_across = false;
  for (uint32_t local = 0; local < template_ids_.size(); ++local) {
    const TemplateMatch* match = &CachedTemplateMatch(*table_, template_ids_[local], needle);
    if (match->across) {
      VARVE_ASSIGN_OR_RETURN(TemplateMatch here, Refine(local, needle));
      match = &refined.emplace_back(std::move(here));
    }
    matches.push_back(match);
    any_every = any_every || match->every_line;
    any_across = any_across || match->across;
    any_slots = any_slots || (!match->slots.empty() && !match->across);
  }
  if (any_every) {
    for (size_t row = 0; row < entries(); ++row) {
      (*mask)[row] |= matches[row_templates_[row]]->every_line ? 1 : 0;
    }
  }
  if (any_slots) VARVE_RETURN_IF_ERROR(FindInSlots(needle, matches, mask));
  if (any_across) VARVE_RETURN_IF_ERROR(FindAcross(needle, matches, mask));
  return absl::OkStatus();
}

absl::StatusOr<TemplateMatch> TemplateDecoder::Refine(uint32_t local, const LineSearch& needle) {
  std::vector<ByteSet> held;
  for (const uint32_t column : ColumnsOf(local)) {
    if (!held_bytes_[column]) {
      if (columns_[column].is_strings()) VARVE_RETURN_IF_ERROR(DecodeColumn(column));
      held_bytes_[column] = columns_[column].HeldBytes();
    }
    held.push_back(*held_bytes_[column]);
  }
  return MatchTemplate(table_->at(template_ids_[local]), needle, held);
}

absl::Status TemplateDecoder::FindInSlots(const LineSearch& needle, const Matches& matches,
                                          std::vector<uint8_t>* mask) {
  std::vector<std::vector<uint8_t>> hits(column_count_);
  std::vector<uint8_t> searched(column_count_);
  bool any = false;
  for (uint32_t local = 0; local < matches.size(); ++local) {
    if (matches[local]->across) continue;  // its lines are made anyway
    for (const uint32_t slot : matches[local]->slots) {
      const uint32_t column = ColumnsOf(local)[slot];
      if (searched[column]++ != 0) continue;
      if (!columns_[column].MayHold(needle.needle().size())) continue;
      VARVE_RETURN_IF_ERROR(DecodeColumn(column));
      VARVE_RETURN_IF_ERROR(columns_[column].Find(needle, &hits[column]));
      any = any || !hits[column].empty();
    }
  }
  if (!any) return absl::OkStatus();
  // Every template steps on in the columns with hits that it has, and looks at those that may
  // match.
  std::vector<std::vector<uint32_t>> walked(template_ids_.size());
  for (uint32_t local = 0; local < walked.size(); ++local) {
    for (const uint32_t column : ColumnsOf(local)) {
      if (!hits[column].empty()) walked[local].push_back(column);
    }
  }
  std::vector<uint32_t> cursors(column_count_);
  for (size_t row = 0; row < entries(); ++row) {
    const uint32_t local = row_templates_[row];
    for (const uint32_t column : walked[local]) (*mask)[row] |= hits[column][cursors[column]++];
  }
  return absl::OkStatus();
}

absl::Status TemplateDecoder::FindAcross(const LineSearch& needle, const Matches& matches,
                                         std::vector<uint8_t>* mask) {
  std::vector<uint32_t> rows;
  for (uint32_t row = 0; row < entries(); ++row) {
    if (matches[row_templates_[row]]->across && (*mask)[row] == 0) rows.push_back(row);
  }
  if (rows.empty()) return absl::OkStatus();
  std::vector<uint32_t> offsets;
  VARVE_RETURN_IF_ERROR(MakeLines(rows, kLogBlockRawBytesMax, &across_text_, &offsets));
  std::vector<uint32_t> found;
  needle.FindLines(across_text_, offsets, &found);
  for (const uint32_t i : found) (*mask)[rows[i]] = 1;
  return absl::OkStatus();
}

}  // namespace varve::storage
