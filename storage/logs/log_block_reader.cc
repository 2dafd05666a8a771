#include "storage/logs/log_block_reader.h"

#include <algorithm>
#include <numeric>

#include "storage/encoding/byte_reader.h"
#include "storage/logs/log_columns.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

absl::Status ExpectEnd(const ByteReader& reader, std::string_view column) {
  if (reader.AtEnd()) return absl::OkStatus();
  return absl::DataLossError(StrCat("cannot decode ", column, " of log block: ", reader.remaining(),
                                    " bytes left, want 0"));
}

}  // namespace

absl::Status MemoryBlockBytes::Read(size_t offset, size_t length, std::string* /*scratch*/,
                                    std::string_view* out) const {
  if (offset > bytes_.size() || length > bytes_.size() - offset) {
    return absl::DataLossError(
        StrCat("cannot read log block: ", bytes_.size(), " bytes, want ", offset, " + ", length));
  }
  *out = bytes_.substr(offset, length);
  return absl::OkStatus();
}

absl::StatusOr<const LogTemplateTable*> MemoryBlockBytes::Templates() const {
  if (templates_ != nullptr) return templates_;
  return absl::DataLossError("cannot read messages of log block: no templates, want its part's");
}

absl::Status LogBlockReader::Open(const LogBlockBytes* bytes, size_t count_bytes) {
  bytes_ = bytes;
  loaded_ = 0;
  templates_open_ = false;
  VARVE_RETURN_IF_ERROR(
      bytes->Read(0, std::max(count_bytes, kLogBlockHeaderBytes), &head_scratch_, &head_));
  VARVE_ASSIGN_OR_RETURN(header_, LogBlockHeader::Parse(head_));
  return absl::OkStatus();
}

absl::Status LogBlockReader::ReadGroup(LogBlockGroup group, std::string* scratch,
                                       std::string_view* out) const {
  const size_t offset = header_.Offset(group);
  const size_t length = header_.Length(group);
  if (offset + length <= head_.size()) {
    *out = head_.substr(offset, length);
  } else {
    VARVE_RETURN_IF_ERROR(bytes_->Read(offset, length, scratch, out));
  }
  return header_.Verify(group, *out);
}

absl::Status LogBlockReader::LoadTimestamps() {
  if (loaded(LogBlockGroup::kTimestamps)) return absl::OkStatus();
  std::string_view group;
  VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kTimestamps, &scratch_, &group));
  ByteReader reader(group);
  VARVE_RETURN_IF_ERROR(ReadTimestampColumn(&reader, entries(), &timestamps_));
  VARVE_RETURN_IF_ERROR(ExpectEnd(reader, "timestamps"));
  set_loaded(LogBlockGroup::kTimestamps);
  return absl::OkStatus();
}

absl::Status LogBlockReader::LoadLineBytes() {
  if (loaded(LogBlockGroup::kLineBytes)) return absl::OkStatus();
  std::string_view group;
  VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kLineBytes, &scratch_, &group));
  ByteReader reader(group);
  VARVE_RETURN_IF_ERROR(
      ReadUnsignedColumn(&reader, entries(), header_.message_bytes, &line_bytes_));
  VARVE_RETURN_IF_ERROR(ExpectEnd(reader, "line lengths"));
  uint64_t sum = 0;
  for (const uint32_t length : line_bytes_) sum += length;
  if (sum != header_.message_bytes) {
    return absl::DataLossError(StrCat("cannot decode line lengths of log block: sum ", sum,
                                      ", want ", header_.message_bytes));
  }
  set_loaded(LogBlockGroup::kLineBytes);
  return absl::OkStatus();
}

absl::Status LogBlockReader::LoadStreams() {
  if (loaded(LogBlockGroup::kStreams)) return absl::OkStatus();
  if (header_.streams == 1) {
    stream_entries_.assign(1, entries());
  } else {
    std::string_view group;
    VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kStreams, &scratch_, &group));
    ByteReader reader(group);
    VARVE_RETURN_IF_ERROR(
        ReadUnsignedColumn(&reader, header_.streams, entries(), &stream_entries_));
    VARVE_RETURN_IF_ERROR(ExpectEnd(reader, "streams"));
  }
  uint64_t sum = 0;
  for (const uint32_t count : stream_entries_) sum += count;
  if (sum != entries()) {
    return absl::DataLossError(
        StrCat("cannot decode streams of log block: ", sum, " entries, want ", entries()));
  }
  set_loaded(LogBlockGroup::kStreams);
  return absl::OkStatus();
}

absl::Status LogBlockReader::LoadMetadata() {
  if (loaded(LogBlockGroup::kMetadata)) return absl::OkStatus();
  std::string_view group;
  VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kMetadata, &scratch_, &group));
  VARVE_RETURN_IF_ERROR(metadata_.Decode(group, entries()));
  set_loaded(LogBlockGroup::kMetadata);
  return absl::OkStatus();
}

absl::StatusOr<bool> LogBlockReader::MayHaveMetadata(std::span<const std::string> names) {
  std::string_view group;
  VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kMetadata, &scratch_, &group));
  return LogMetadataColumn::MayHaveAny(group, entries(), names);
}

absl::Status LogBlockReader::LoadMessages() {
  if (loaded(LogBlockGroup::kMessages)) return absl::OkStatus();
  if (has_templates()) {
    std::vector<uint32_t> rows(entries());
    std::iota(rows.begin(), rows.end(), 0);
    VARVE_RETURN_IF_ERROR(MakeLines(rows, &message_text_, &line_offsets_));
    messages_ = message_text_;
  } else {
    VARVE_RETURN_IF_ERROR(LoadText());
  }
  set_loaded(LogBlockGroup::kMessages);
  return absl::OkStatus();
}

absl::Status LogBlockReader::LoadTemplates() {
  if (templates_open_) return absl::OkStatus();
  VARVE_ASSIGN_OR_RETURN(const LogTemplateTable* table, bytes_->Templates());
  VARVE_RETURN_IF_ERROR(LoadTimestamps());
  std::string_view group;
  VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kMessages, &message_scratch_, &group));
  VARVE_RETURN_IF_ERROR(template_decoder_.Open(group, table, timestamps_));
  templates_open_ = true;
  return absl::OkStatus();
}

absl::Status LogBlockReader::MakeLines(std::span<const uint32_t> rows, std::string* text,
                                       std::vector<uint32_t>* offsets) {
  VARVE_RETURN_IF_ERROR(LoadTemplates());
  VARVE_RETURN_IF_ERROR(LoadLineBytes());
  size_t total = 0;
  for (const uint32_t row : rows) total += line_bytes_[row];
  VARVE_RETURN_IF_ERROR(template_decoder_.MakeLines(rows, total, text, offsets));
  for (size_t i = 0; i < rows.size(); ++i) {
    if ((*offsets)[i + 1] - (*offsets)[i] != line_bytes_[rows[i]]) {
      return absl::DataLossError(
          StrCat("cannot decode line of log block: ", (*offsets)[i + 1] - (*offsets)[i],
                 " bytes, want ", line_bytes_[rows[i]]));
    }
  }
  return absl::OkStatus();
}

absl::Status LogBlockReader::LoadText() {
  VARVE_RETURN_IF_ERROR(LoadLineBytes());
  std::string_view group;
  VARVE_RETURN_IF_ERROR(ReadGroup(LogBlockGroup::kMessages, &message_scratch_, &group));
  ByteReader reader(group);
  TextColumn column;
  VARVE_RETURN_IF_ERROR(ReadTextColumn(&reader, &column));
  VARVE_RETURN_IF_ERROR(ExpectEnd(reader, "messages"));
  if (column.raw_bytes != header_.message_bytes) {
    return absl::DataLossError(StrCat("cannot decode messages of log block: ", column.raw_bytes,
                                      " bytes, want ", header_.message_bytes));
  }
  VARVE_RETURN_IF_ERROR(DecodeText(column, &message_text_, &messages_));
  line_offsets_.resize(entries() + size_t{1});
  uint32_t offset = 0;
  for (size_t i = 0; i < line_bytes_.size(); ++i) {
    line_offsets_[i] = offset;
    offset += line_bytes_[i];
  }
  line_offsets_.back() = offset;
  return absl::OkStatus();
}

}  // namespace varve::storage
