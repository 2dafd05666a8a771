#include "storage/logs/short_line_maker.h"

#include <utility>

#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// As many different lines of a template are looked up instead of made again.
constexpr size_t kKnownLinesMax = 4096;
// Of a column without a dictionary, that many different values are few.
constexpr size_t kNumberedValuesMax = 256;

LineShape::Kind KindOf(SlotType type, const TemplateColumn& column) {
  switch (type) {
    case SlotType::kNumber:
      return column.is_integers() ? LineShape::Kind::kDigits : LineShape::Kind::kWord;
    case SlotType::kDecimal:
    case SlotType::kClock:
    case SlotType::kIp:
      return LineShape::Kind::kDigits;
    case SlotType::kUuid:
    case SlotType::kWord:
      return LineShape::Kind::kWord;
    case SlotType::kQuoted:
      return LineShape::Kind::kQuoted;
    case SlotType::kString:
      return LineShape::Kind::kAny;
  }
  return LineShape::Kind::kAny;
}

LineShape ShapeOf(const LogTemplate& of, std::span<const LineShape::Kind> kinds) {
  LineShape shape;
  for (size_t i = 0; i < kinds.size(); ++i) {
    shape.AddText(of.piece(i));
    shape.AddSlot(kinds[i]);
  }
  shape.AddText(of.piece(kinds.size()));
  return shape;
}

}  // namespace

void ShortLineMaker::NumberValues(const TemplateColumn& column, Numbers* numbers) {
  numbers->known = true;
  numbers->count = column.distinct();
  numbers->ids.clear();
  if (column.distinct() <= kNumberedValuesMax || column.distinct() < column.count()) return;
  absl::flat_hash_map<std::string_view, uint32_t> ids;
  std::vector<uint32_t> found(column.count());
  for (size_t i = 0; i < found.size(); ++i) {
    found[i] = ids.try_emplace(column.value(i), static_cast<uint32_t>(ids.size())).first->second;
    if (ids.size() > kNumberedValuesMax) return;
  }
  numbers->count = ids.size();
  numbers->ids = std::move(found);
}

const ShortLine* ShortLineMaker::AnswerFor(const TemplateDecoder& block, uint32_t local,
                                           LineShortener* shortener) {
  const LogTemplate& of = block.template_at(local);
  const std::span<const uint32_t> columns = block.ColumnsOf(local);
  std::vector<LineShape::Kind> kinds(columns.size());
  for (size_t i = 0; i < kinds.size(); ++i) {
    kinds[i] = KindOf(of.slots()[i].type, block.column(columns[i]));
  }
  const auto [found, is_new] = answers_.try_emplace(block.template_ids()[local]);
  Answer& answer = found->second;
  if (is_new || answer.kinds != kinds) {
    answer.line = shortener->Shorten(ShapeOf(of, kinds));
    answer.kinds = std::move(kinds);
  }
  return answer.line ? &*answer.line : nullptr;
}

absl::Status ShortLineMaker::MakePlans(TemplateDecoder* block, std::span<const uint32_t> rows,
                                       LineShortener* shortener) {
  const size_t templates = block->template_ids().size();
  std::vector<uint8_t> wanted(templates);
  for (const uint32_t row : rows) wanted[block->local_template(row)] = 1;
  if (table_serial_ != block->table().serial()) answers_.clear();
  table_serial_ = block->table().serial();
  answers_.reserve(answers_.size() + templates);  // plans point to answers
  plans_.assign(templates, {});
  std::vector<uint8_t> needed(block->column_count());
  if (numbers_.size() < needed.size()) numbers_.resize(needed.size());
  for (Numbers& numbers : numbers_) numbers.known = false;
  for (uint32_t local = 0; local < templates; ++local) {
    if (wanted[local] == 0) continue;
    Plan& plan = plans_[local];
    plan.line = AnswerFor(*block, local, shortener);
    if (plan.line == nullptr) continue;
    size_t possible = 1;
    for (const ShortLine::Slot& slot : plan.line->slots) {
      const uint32_t column = block->ColumnsOf(local)[slot.slot];
      plan.columns.push_back(column);
      VARVE_RETURN_IF_ERROR(block->LoadColumn(column));
      needed[column] = 1;
      if (!numbers_[column].known) NumberValues(block->column(column), &numbers_[column]);
      if (possible <= kKnownLinesMax) possible *= numbers_[column].count;
    }
    if (possible <= kKnownLinesMax) plan.known.assign(possible, kWholeLine);
  }
  walked_.assign(templates, {});
  for (uint32_t local = 0; local < templates; ++local) {
    for (const uint32_t column : block->ColumnsOf(local)) {
      if (needed[column] != 0) walked_[local].push_back(column);
    }
  }
  cursors_.assign(block->column_count(), 0);
  return absl::OkStatus();
}

void ShortLineMaker::AppendLine(const TemplateDecoder& block, const Plan& plan) {
  const std::string_view text = plan.line->text;
  size_t done = 0;
  for (size_t i = 0; i < plan.columns.size(); ++i) {
    const uint32_t text_end = plan.line->slots[i].text_end;
    const uint32_t column = plan.columns[i];
    text_.append(text.substr(done, text_end - done));
    text_.append(block.column(column).value(cursors_[column]));
    done = text_end;
  }
  text_.append(text.substr(done));
  ends_.push_back(static_cast<uint32_t>(text_.size()));
}

uint32_t ShortLineMaker::LineOf(const TemplateDecoder& block, Plan* plan) {
  if (plan->known.empty()) {
    AppendLine(block, *plan);
    return static_cast<uint32_t>(ends_.size() - 1);
  }
  size_t number = 0;
  for (const uint32_t column : plan->columns) {
    const Numbers& numbers = numbers_[column];
    const size_t at = cursors_[column];
    number = number * numbers.count +
             (numbers.ids.empty() ? block.column(column).id(at) : numbers.ids[at]);
  }
  uint32_t& line = plan->known[number];
  if (line == kWholeLine) {
    AppendLine(block, *plan);
    line = static_cast<uint32_t>(ends_.size() - 1);
  }
  return line;
}

absl::Status ShortLineMaker::Make(TemplateDecoder* block, std::span<const uint32_t> rows,
                                  LineShortener* shortener) {
  text_.clear();
  ends_.clear();
  VARVE_RETURN_IF_ERROR(MakePlans(block, rows, shortener));
  ids_.resize(rows.size());
  uint32_t row = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (; row < rows[i]; ++row) {
      for (const uint32_t column : walked_[block->local_template(row)]) ++cursors_[column];
    }
    Plan& plan = plans_[block->local_template(row)];
    ids_[i] = plan.line == nullptr ? kWholeLine : LineOf(*block, &plan);
    for (const uint32_t column : walked_[block->local_template(row)]) ++cursors_[column];
    ++row;
  }
  lines_.resize(ends_.size());
  for (size_t i = 0; i < ends_.size(); ++i) {
    const uint32_t begin = i == 0 ? 0 : ends_[i - 1];
    lines_[i] = std::string_view(text_).substr(begin, ends_[i] - begin);
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
