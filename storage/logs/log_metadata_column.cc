#include "storage/logs/log_metadata_column.h"

#include <algorithm>
#include <map>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/logs/line_lexer.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/log_columns.h"
#include "storage/logs/template_column.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// More names than this in one block and the sets are stored whole: a name costs a column.
constexpr size_t kNamesMax = 256;
constexpr size_t kFewSets = 16;
constexpr size_t kManySetsShare = 2;  // sets are many from one for so many entries on
// Of more sets than this, names are not looked for one by one.
constexpr size_t kLookedAtSetsMax = 64;
// What decoding may make of one block's metadata, however little was stored. A set is at most some
// 64 KiB (the limit of the push protocols) and most are tiny.
constexpr size_t kDecodedBytesMax = 256 << 20;

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot decode log metadata: ", what));
}

// Appends the lengths of `texts`, then the texts as one text column.
template <typename Texts>
void AppendTexts(const Texts& texts, TextEffort effort, std::string* out) {
  std::vector<uint32_t> lengths;
  std::string joined;
  for (const auto& text : texts) {
    lengths.push_back(static_cast<uint32_t>(text.size()));
    joined.append(text);
  }
  AppendIntegerColumn(lengths, out);
  AppendTextColumn(joined, effort, out);
}

// Reads what AppendTexts wrote; the views lie in *scratch or in the reader's bytes.
absl::Status ReadTexts(ByteReader* reader, size_t count, std::string* scratch,
                       std::vector<std::string_view>* texts) {
  std::vector<uint32_t> lengths;
  VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, count, UINT32_MAX, &lengths));
  TextColumn column;
  VARVE_RETURN_IF_ERROR(ReadTextColumn(reader, &column));
  std::string_view text;
  VARVE_RETURN_IF_ERROR(DecodeText(column, scratch, &text));
  texts->clear();
  texts->reserve(count);
  for (const uint32_t length : lengths) {
    if (length > text.size()) return Malformed("a string ends behind the text");
    texts->push_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return text.empty() ? absl::OkStatus() : Malformed("text behind the last string");
}

// What one type of slot takes, if all values are such; see line_lexer.h.
SlotType TypeOf(const std::vector<std::string_view>& values, LineLexer* lexer) {
  SlotType type = SlotType::kString;
  for (size_t i = 0; i < values.size(); ++i) {
    lexer->Split(values[i], WordMode::kFixed);
    const std::string& pattern = lexer->pattern();
    if (pattern.size() != 2 || lexer->values().size() != 1) return SlotType::kString;
    const auto found = static_cast<SlotType>(pattern[1]);
    if (found == SlotType::kString || (i > 0 && found != type)) return SlotType::kString;
    type = found;
  }
  return type;
}

// One decoded name: a value per row, "" where the row lacks the name.
struct NameColumn {
  std::string_view name;
  std::string scratch;
  std::vector<std::string_view> values;
};

absl::Status ReadNameColumn(ByteReader* reader, size_t entries, NameColumn* column) {
  uint8_t kind = 0;
  if (!reader->SizedBytes(&column->name) || !reader->U8(&kind)) return Malformed("name cut off");
  switch (static_cast<MetadataValues>(kind)) {
    case MetadataValues::kConstant: {
      std::string_view value;
      if (!reader->SizedBytes(&value)) return Malformed("constant cut off");
      column->values.assign(entries, value);
      return absl::OkStatus();
    }
    case MetadataValues::kDictionary: {
      uint64_t count = 0;
      if (!reader->VarintUpTo(entries, &count) || count == 0) return Malformed("dictionary size");
      std::vector<std::string_view> values;
      VARVE_RETURN_IF_ERROR(ReadTexts(reader, count, &column->scratch, &values));
      std::vector<uint32_t> rows;
      VARVE_RETURN_IF_ERROR(
          ReadUnsignedColumn(reader, entries, static_cast<uint32_t>(count - 1), &rows));
      column->values.reserve(entries);
      for (const uint32_t row : rows) column->values.push_back(values[row]);
      return absl::OkStatus();
    }
    case MetadataValues::kPool:
      return ReadTexts(reader, entries, &column->scratch, &column->values);
  }
  return Malformed(StrCat("value encoding ", int{kind}, ", want 0 to 2"));
}

void AppendPackedString(std::string_view text, std::string* out) {
  ByteWriter writer(out);
  if (text.size() < 255) {
    writer.U8(static_cast<uint8_t>(text.size()));
  } else {
    writer.U8(255);
    writer.U32(static_cast<uint32_t>(text.size()));
  }
  writer.Bytes(text);
}

}  // namespace

void LogMetadataBuilder::Add(LabelSetView metadata) {
  const std::string_view packed = metadata.packed();
  if (!rows_.empty() && sets_[rows_.back()] == packed) {  // the usual case
    rows_.push_back(rows_.back());
    return;
  }
  const auto found = set_ids_.find(packed);
  if (found != set_ids_.end()) {
    rows_.push_back(found->second);
    return;
  }
  const auto id = static_cast<uint32_t>(sets_.size());
  sets_.emplace_back(packed);
  set_ids_.emplace(sets_.back(), id);
  rows_.push_back(id);
}

std::string LogMetadataBuilder::Finish(TextEffort effort) {
  std::string bytes;
  const bool any = sets_.size() > 1 || (sets_.size() == 1 && !sets_[0].empty());
  if (any) {
    // With few distinct sets the columns could not be smaller; of as many sets as entries, the sets
    // could not, and to try would take longer than all else.
    if (sets_.size() > kFewSets) bytes = EncodeNames(effort);
    if (bytes.empty() || sets_.size() * kManySetsShare < rows_.size()) {
      std::string sets = EncodeSets(effort);
      if (bytes.empty() || sets.size() <= bytes.size()) bytes = std::move(sets);
    }
  }
  set_ids_.clear();
  sets_.clear();
  rows_.clear();
  return bytes;
}

std::string LogMetadataBuilder::EncodeSets(TextEffort effort) const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(static_cast<uint8_t>(MetadataEncoding::kSets));
  writer.Varint(sets_.size());
  AppendTexts(sets_, effort, &out);
  AppendIntegerColumn(rows_, &out);
  return out;
}

std::string LogMetadataBuilder::EncodeNames(TextEffort effort) const {
  // Per name the value of each distinct set, then of each row.
  std::map<std::string_view, std::vector<std::string_view>> names;
  for (size_t i = 0; i < sets_.size(); ++i) {
    for (const LabelView& label : LabelSetView(sets_[i])) {
      std::vector<std::string_view>& values = names[label.name];
      if (values.empty()) values.resize(sets_.size());
      values[i] = label.value;
    }
    if (names.size() > kNamesMax) return {};
  }
  std::string out;
  ByteWriter writer(&out);
  writer.U8(static_cast<uint8_t>(MetadataEncoding::kTypedNames));
  writer.Varint(names.size());
  std::string heap;
  LineLexer lexer;
  for (const auto& [name, set_values] : names) {
    std::vector<uint32_t> present(rows_.size());
    std::vector<std::string_view> values;
    for (size_t row = 0; row < rows_.size(); ++row) {
      const std::string_view value = set_values[rows_[row]];
      present[row] = value.empty() ? 0 : 1;
      if (!value.empty()) values.push_back(value);
    }
    writer.SizedBytes(name);
    AppendIntegerColumn(present, &out);
    std::string column;
    AppendTemplateColumn(TypeOf(values, &lexer), values, {}, &heap, &column);
    writer.SizedBytes(column);
  }
  AppendTextColumn(heap, effort, &out);
  return out;
}

absl::Status LogMetadataColumn::Decode(std::string_view bytes, size_t entries) {
  text_.clear();
  sets_.clear();
  rows_.clear();
  if (bytes.empty()) return absl::OkStatus();
  ByteReader reader(bytes);
  uint8_t encoding = 0;
  if (!reader.U8(&encoding)) return Malformed("no encoding");
  if (encoding == static_cast<uint8_t>(MetadataEncoding::kSets)) {
    VARVE_RETURN_IF_ERROR(DecodeSets(&reader, entries));
  } else if (encoding == static_cast<uint8_t>(MetadataEncoding::kNames)) {
    VARVE_RETURN_IF_ERROR(DecodeNames(&reader, entries));
  } else if (encoding == static_cast<uint8_t>(MetadataEncoding::kTypedNames)) {
    VARVE_RETURN_IF_ERROR(DecodeTypedNames(&reader, entries));
  } else {
    return absl::UnimplementedError(
        StrCat("cannot decode log metadata: encoding ", int{encoding}, ", want 1 to 3"));
  }
  return reader.AtEnd() ? absl::OkStatus() : Malformed("bytes behind the last column");
}

bool LogMetadataColumn::MayHaveAny(std::string_view bytes, size_t entries,
                                   std::span<const std::string> names) {
  if (bytes.empty()) return false;
  const auto asked = [names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  ByteReader reader(bytes);
  uint8_t encoding = 0;
  uint64_t count = 0;
  if (!reader.U8(&encoding)) return true;  // Decode will tell
  if (encoding == static_cast<uint8_t>(MetadataEncoding::kSets)) {
    if (!reader.VarintUpTo(std::min(entries, kLookedAtSetsMax), &count)) return true;
    std::string scratch;
    std::vector<std::string_view> sets;
    if (!ReadTexts(&reader, count, &scratch, &sets).ok()) return true;
    return std::any_of(sets.begin(), sets.end(), [&](std::string_view set) {
      if (!LabelSetView::IsValidPacked(set)) return true;
      const LabelSetView labels(set);
      return std::any_of(labels.begin(), labels.end(),
                         [&](const LabelView& label) { return asked(label.name); });
    });
  }
  if (encoding != static_cast<uint8_t>(MetadataEncoding::kTypedNames)) return true;
  if (!reader.VarintUpTo(kNamesMax, &count)) return true;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view name;
    std::string_view skipped;
    if (!reader.SizedBytes(&name) || !reader.SizedBytes(&skipped) || !reader.SizedBytes(&skipped) ||
        asked(name)) {
      return true;
    }
  }
  return false;
}

absl::Status LogMetadataColumn::DecodeSets(ByteReader* reader, size_t entries) {
  uint64_t count = 0;
  if (!reader->VarintUpTo(entries, &count) || count == 0) return Malformed("number of sets");
  std::string scratch;
  std::vector<std::string_view> texts;
  VARVE_RETURN_IF_ERROR(ReadTexts(reader, count, &scratch, &texts));
  for (const std::string_view text : texts) {
    if (!LabelSetView::IsValidPacked(text)) return Malformed("a set that is not a label set");
    text_.append(text);
  }
  size_t at = 0;
  for (const std::string_view text : texts) {
    sets_.push_back(std::string_view(text_).substr(at, text.size()));
    at += text.size();
  }
  return ReadUnsignedColumn(reader, entries, static_cast<uint32_t>(count - 1), &rows_);
}

absl::Status LogMetadataColumn::DecodeNames(ByteReader* reader, size_t entries) {
  uint64_t count = 0;
  if (!reader->VarintUpTo(kNamesMax, &count) || count == 0) return Malformed("number of names");
  std::vector<NameColumn> columns(count);
  for (size_t i = 0; i < count; ++i) {
    VARVE_RETURN_IF_ERROR(ReadNameColumn(reader, entries, &columns[i]));
    if (i > 0 && columns[i].name <= columns[i - 1].name) return Malformed("names out of order");
  }
  std::vector<size_t> ends(entries);
  for (size_t row = 0; row < entries; ++row) {
    for (const NameColumn& column : columns) {
      if (column.values[row].empty()) continue;
      AppendPackedString(column.name, &text_);
      AppendPackedString(column.values[row], &text_);
    }
    if (text_.size() > kDecodedBytesMax) return Malformed("too many bytes");
    ends[row] = text_.size();
  }
  SetRows(ends);
  return absl::OkStatus();
}

void LogMetadataColumn::SetRows(const std::vector<size_t>& ends) {
  sets_.resize(ends.size());
  rows_.resize(ends.size());
  for (size_t row = 0; row < ends.size(); ++row) {
    const size_t begin = row == 0 ? 0 : ends[row - 1];
    sets_[row] = std::string_view(text_).substr(begin, ends[row] - begin);
    rows_[row] = static_cast<uint32_t>(row);
  }
}

absl::Status LogMetadataColumn::DecodeTypedNames(ByteReader* reader, size_t entries) {
  uint64_t count = 0;
  if (!reader->VarintUpTo(kNamesMax, &count) || count == 0) return Malformed("number of names");
  struct Name {
    std::string_view name;
    std::vector<uint32_t> present;
    TemplateColumn values;
    size_t next = 0;
  };
  std::vector<Name> names(count);
  for (size_t i = 0; i < count; ++i) {
    Name& name = names[i];
    std::string_view column;
    if (!reader->SizedBytes(&name.name)) return Malformed("name cut off");
    if (name.name.empty() || (i > 0 && name.name <= names[i - 1].name)) {
      return Malformed("names out of order");
    }
    VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(reader, entries, 1, &name.present));
    if (!reader->SizedBytes(&column)) return Malformed("values cut off");
    const auto values = std::count(name.present.begin(), name.present.end(), 1U);
    VARVE_RETURN_IF_ERROR(name.values.Open(column, static_cast<size_t>(values)));
    if (name.values.needs_timestamps()) return Malformed("values that need timestamps");
  }
  TextColumn heap_column;
  VARVE_RETURN_IF_ERROR(ReadTextColumn(reader, &heap_column));
  std::string scratch;
  std::string_view heap;
  VARVE_RETURN_IF_ERROR(DecodeText(heap_column, &scratch, &heap));
  for (Name& name : names) {
    if (name.values.heap_bytes() > heap.size()) return Malformed("values end behind the heap");
    VARVE_RETURN_IF_ERROR(name.values.Decode(heap.substr(0, name.values.heap_bytes()), {}));
    VARVE_RETURN_IF_ERROR(name.values.LoadIds());
    heap.remove_prefix(name.values.heap_bytes());
  }
  if (!heap.empty()) return Malformed("text behind the last value");
  std::vector<size_t> ends(entries);
  for (size_t row = 0; row < entries; ++row) {
    for (Name& name : names) {
      if (name.present[row] == 0) continue;
      const std::string_view value = name.values.value(name.next++);
      if (value.empty()) return Malformed("an empty value");
      AppendPackedString(name.name, &text_);
      AppendPackedString(value, &text_);
    }
    if (text_.size() > kDecodedBytesMax) return Malformed("too many bytes");
    ends[row] = text_.size();
  }
  SetRows(ends);
  return absl::OkStatus();
}

}  // namespace varve::storage
