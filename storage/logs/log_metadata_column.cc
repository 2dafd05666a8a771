#include "storage/logs/log_metadata_column.h"

#include <algorithm>
#include <map>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/log_columns.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// More names than this in one block and the sets are stored whole: a name costs a column.
constexpr size_t kNamesMax = 256;
// What decoding may make of one block's metadata, however little was stored. A set is at most some
// 64 KiB (the limit of the push protocols) and most are tiny.
constexpr size_t kDecodedBytesMax = 256 << 20;

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot decode log metadata: ", what));
}

// Distinct strings in order of appearance and which one each row has.
struct Dictionary {
  std::vector<std::string_view> values;
  std::vector<uint32_t> rows;
};

// Appends the lengths of `texts`, then the texts as one text column.
template <typename Texts>
void AppendTexts(const Texts& texts, std::string* out) {
  std::vector<uint32_t> lengths;
  std::string joined;
  for (const auto& text : texts) {
    lengths.push_back(static_cast<uint32_t>(text.size()));
    joined.append(text);
  }
  AppendIntegerColumn(lengths, out);
  AppendTextColumn(joined, out);
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

void AppendNameColumn(const Dictionary& column, std::string* out) {
  const size_t rows = column.rows.size();
  if (column.values.size() == 1) {
    ByteWriter writer(out);
    writer.U8(static_cast<uint8_t>(MetadataValues::kConstant));
    writer.SizedBytes(column.values[0]);
  } else if (column.values.size() * 2 <= rows) {
    ByteWriter writer(out);
    writer.U8(static_cast<uint8_t>(MetadataValues::kDictionary));
    writer.Varint(column.values.size());
    AppendTexts(column.values, out);
    AppendIntegerColumn(column.rows, out);
  } else {
    out->push_back(static_cast<char>(MetadataValues::kPool));
    std::vector<std::string_view> values;
    values.reserve(rows);
    for (const uint32_t row : column.rows) values.push_back(column.values[row]);
    AppendTexts(values, out);
  }
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

std::string LogMetadataBuilder::Finish() {
  std::string bytes;
  const bool any = sets_.size() > 1 || (sets_.size() == 1 && !sets_[0].empty());
  if (any) {
    bytes = EncodeSets();
    // With few distinct sets the columns could not be smaller.
    if (sets_.size() > 16) {
      std::string names = EncodeNames();
      if (!names.empty() && names.size() < bytes.size()) bytes = std::move(names);
    }
  }
  set_ids_.clear();
  sets_.clear();
  rows_.clear();
  return bytes;
}

std::string LogMetadataBuilder::EncodeSets() const {
  std::string out;
  ByteWriter writer(&out);
  writer.U8(static_cast<uint8_t>(MetadataEncoding::kSets));
  writer.Varint(sets_.size());
  AppendTexts(sets_, &out);
  AppendIntegerColumn(rows_, &out);
  return out;
}

std::string LogMetadataBuilder::EncodeNames() const {
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
  writer.U8(static_cast<uint8_t>(MetadataEncoding::kNames));
  writer.Varint(names.size());
  for (const auto& [name, set_values] : names) {
    writer.SizedBytes(name);
    Dictionary column;
    StringViewMap<uint32_t> ids;
    std::vector<uint32_t> id_of_set;
    id_of_set.reserve(set_values.size());
    for (const std::string_view value : set_values) {
      const auto [it, is_new] = ids.try_emplace(value, static_cast<uint32_t>(column.values.size()));
      if (is_new) column.values.push_back(value);
      id_of_set.push_back(it->second);
    }
    column.rows.reserve(rows_.size());
    for (const uint32_t row : rows_) column.rows.push_back(id_of_set[row]);
    AppendNameColumn(column, &out);
  }
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
  } else {
    return absl::UnimplementedError(
        StrCat("cannot decode log metadata: encoding ", int{encoding}, ", want 1 or 2"));
  }
  return reader.AtEnd() ? absl::OkStatus() : Malformed("bytes behind the last column");
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
  sets_.resize(entries);
  rows_.resize(entries);
  for (size_t row = 0; row < entries; ++row) {
    const size_t begin = row == 0 ? 0 : ends[row - 1];
    sets_[row] = std::string_view(text_).substr(begin, ends[row] - begin);
    rows_[row] = static_cast<uint32_t>(row);
  }
  return absl::OkStatus();
}

}  // namespace varve::storage
