#include "storage/logs/template_encoder.h"

#include <algorithm>
#include <numeric>

#include "absl/container/flat_hash_map.h"
#include "storage/encoding/byte_writer.h"
#include "storage/logs/log_columns.h"
#include "storage/logs/template_column.h"

namespace varve::storage {
namespace {

// A pattern that the part does not know yet must have so many lines in the block: its text and its
// columns have to be paid back.
constexpr uint32_t kNewTemplateRowsMin = 4;

}  // namespace

void TemplateEncoder::Split(std::string_view messages, std::span<const uint32_t> offsets,
                            std::span<const int64_t> timestamps_ns) {
  Clear();
  rows_.resize(offsets.size() - 1);
  for (size_t i = 0; i < rows_.size(); ++i) {
    SplitRow(messages.substr(offsets[i], offsets[i + 1] - offsets[i]), WordMode::kFixed, &rows_[i]);
  }
  GeneralizeRareRows(messages, offsets);
  NumberTemplates(messages, offsets);
  FillColumns(timestamps_ns);

  ByteWriter writer(&group_);
  writer.Varint(template_ids_.size());
  AppendIntegerColumn(template_ids_, &group_);
  AppendIntegerColumn(row_templates_, &group_);
  std::string columns;
  std::vector<uint32_t> column_bytes;
  for (size_t i = 0; i < column_count_; ++i) {
    const Column& column = columns_[i];
    const size_t before = columns.size();
    AppendTemplateColumn(column.type, column.values, column.timestamps_ns, &heap_, &columns);
    column_bytes.push_back(static_cast<uint32_t>(columns.size() - before));
  }
  writer.Varint(column_count_);
  AppendIntegerColumn(column_bytes, &group_);
  group_.append(columns);
}

std::string TemplateEncoder::Finish() {
  AppendTextColumn(heap_, TextEffort::kHigh, &group_);
  return std::move(group_);
}

void TemplateEncoder::Clear() {
  group_ids_.clear();
  groups_.clear();
  patterns_.clear();
  values_.clear();
  template_ids_.clear();
  for (Column& column : columns_) {
    column.values.clear();
    column.timestamps_ns.clear();
  }
  column_count_ = 0;
  group_.clear();
  heap_.clear();
}

uint32_t TemplateEncoder::GroupOf(std::string_view pattern) {
  const auto found = group_ids_.find(pattern);
  if (found != group_ids_.end()) return found->second;
  const auto id = static_cast<uint32_t>(groups_.size());
  const std::string& owned = patterns_.emplace_back(pattern);
  groups_.push_back({.pattern = owned, .rows = 0});
  group_ids_.emplace(owned, id);
  return id;
}

void TemplateEncoder::SplitRow(std::string_view line, WordMode words, Row* row) {
  lexer_.Split(line, words);
  row->group = GroupOf(lexer_.pattern());
  ++groups_[row->group].rows;
  row->values_begin = static_cast<uint32_t>(values_.size());
  values_.insert(values_.end(), lexer_.values().begin(), lexer_.values().end());
  row->values_end = static_cast<uint32_t>(values_.size());
}

void TemplateEncoder::MakeWholeLine(std::string_view line, Row* row) {
  row->group = GroupOf(kWholeLinePattern);
  row->values_begin = static_cast<uint32_t>(values_.size());
  values_.push_back(line);
  row->values_end = static_cast<uint32_t>(values_.size());
}

bool TemplateEncoder::IsRare(const Group& group) const {
  return group.rows < kNewTemplateRowsMin && !table_->Find(group.pattern);
}

void TemplateEncoder::GeneralizeRareRows(std::string_view messages,
                                         std::span<const uint32_t> offsets) {
  const auto line = [&](uint32_t i) {
    return messages.substr(offsets[i], offsets[i + 1] - offsets[i]);
  };
  std::vector<uint32_t> rare;
  for (uint32_t i = 0; i < rows_.size(); ++i) {
    if (IsRare(groups_[rows_[i].group])) rare.push_back(i);
  }
  for (const uint32_t i : rare) SplitRow(line(i), WordMode::kSlots, &rows_[i]);
  // Rows of one pattern side by side, in their order.
  std::stable_sort(rare.begin(), rare.end(),
                   [&](uint32_t a, uint32_t b) { return rows_[a].group < rows_[b].group; });
  for (size_t begin = 0; begin < rare.size();) {
    size_t end = begin + 1;
    while (end < rare.size() && rows_[rare[end]].group == rows_[rare[begin]].group) ++end;
    if (end - begin < kNewTemplateRowsMin) {
      for (size_t i = begin; i < end; ++i) MakeWholeLine(line(rare[i]), &rows_[rare[i]]);
    } else {
      FixConstantWords({rare.begin() + static_cast<ptrdiff_t>(begin),
                        rare.begin() + static_cast<ptrdiff_t>(end)});
    }
    begin = end;
  }
}

void TemplateEncoder::FixConstantWords(const std::vector<uint32_t>& rows) {
  const Row first = rows_[rows[0]];
  const std::string_view pattern = groups_[first.group].pattern;
  const size_t slots = first.values_end - first.values_begin;
  std::vector<bool> fixed(slots, true);
  for (const uint32_t row : rows) {
    for (size_t i = 0; i < slots; ++i) {
      fixed[i] =
          fixed[i] && values_[rows_[row].values_begin + i] == values_[first.values_begin + i];
    }
  }
  std::string better;
  size_t slot = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != kSlotMark || pattern[i + 1] == 0) {
      better.push_back(pattern[i]);
      if (pattern[i] == kSlotMark) better.push_back(pattern[++i]);
      continue;
    }
    const auto type = static_cast<SlotType>(pattern[++i]);
    fixed[slot] = fixed[slot] && IsText(type);
    if (fixed[slot]) {
      AppendPatternText(values_[first.values_begin + slot], &better);
    } else {
      AppendPatternSlot(type, &better);
    }
    ++slot;
  }
  if (better.size() > kTemplatePatternBytesMax) return;
  const uint32_t group = GroupOf(better);
  for (const uint32_t row : rows) {
    Row& changed = rows_[row];
    uint32_t kept = changed.values_begin;
    for (size_t i = 0; i < slots; ++i) {
      if (!fixed[i]) values_[kept++] = values_[changed.values_begin + i];
    }
    changed.group = group;
    changed.values_end = kept;
  }
}

void TemplateEncoder::NumberTemplates(std::string_view messages,
                                      std::span<const uint32_t> offsets) {
  for (Group& group : groups_) group.rows = 0;
  for (const Row& row : rows_) ++groups_[row.group].rows;
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].rows > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return groups_[a].rows > groups_[b].rows; });
  std::vector<uint32_t> template_of(groups_.size() + 1, UINT32_MAX);
  for (const uint32_t i : order) {
    const std::optional<uint32_t> id = table_->Intern(groups_[i].pattern);
    if (!id) continue;
    template_of[i] = static_cast<uint32_t>(template_ids_.size());
    template_ids_.push_back(*id);
  }
  row_templates_.resize(rows_.size());
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (template_of[rows_[i].group] == UINT32_MAX) {
      MakeWholeLine(messages.substr(offsets[i], offsets[i + 1] - offsets[i]), &rows_[i]);
      template_of.resize(std::max<size_t>(template_of.size(), groups_.size()), UINT32_MAX);
      uint32_t& whole = template_of[rows_[i].group];
      if (whole == UINT32_MAX) {
        whole = static_cast<uint32_t>(template_ids_.size());
        template_ids_.push_back(whole_line_);
      }
    }
    row_templates_[i] = template_of[rows_[i].group];
  }
}

void TemplateEncoder::FillColumns(std::span<const int64_t> timestamps_ns) {
  absl::flat_hash_map<uint32_t, uint32_t> column_of_path;
  std::vector<std::vector<uint32_t>> template_columns(template_ids_.size());
  for (size_t i = 0; i < template_ids_.size(); ++i) {
    const LogTemplate& entry = table_->at(template_ids_[i]);
    const std::vector<uint32_t>& paths = table_->paths(template_ids_[i]);
    for (size_t slot = 0; slot < paths.size(); ++slot) {
      const auto [found, is_new] =
          column_of_path.try_emplace(paths[slot], static_cast<uint32_t>(column_count_));
      if (is_new) {
        if (column_count_ == columns_.size()) columns_.emplace_back();
        columns_[column_count_++].type = entry.slots()[slot].type;
      }
      template_columns[i].push_back(found->second);
    }
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    const std::vector<uint32_t>& columns = template_columns[row_templates_[i]];
    for (size_t slot = 0; slot < columns.size(); ++slot) {
      Column& column = columns_[columns[slot]];
      column.values.push_back(values_[rows_[i].values_begin + slot]);
      if (column.type == SlotType::kClock) column.timestamps_ns.push_back(timestamps_ns[i]);
    }
  }
}

}  // namespace varve::storage
