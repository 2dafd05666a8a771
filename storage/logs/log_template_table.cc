#include "storage/logs/log_template_table.h"

#include <atomic>
#include <utility>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/logs/log_columns.h"
#include "storage/status_macros.h"

namespace varve::storage {
namespace {

// Version 1 did not have the slot types kQuoted and kWord.
constexpr uint8_t kTableVersion = 2;

absl::Status Malformed(std::string_view what) {
  return absl::DataLossError(StrCat("cannot read log templates: ", what));
}

std::atomic<uint64_t> next_serial{1};

}  // namespace

LogTemplateTable::LogTemplateTable() : serial_(next_serial.fetch_add(1)) {}

std::optional<uint32_t> LogTemplateTable::Find(std::string_view pattern) const {
  const auto found = ids_.find(pattern);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::optional<uint32_t> LogTemplateTable::Intern(std::string_view pattern) {
  if (const auto found = Find(pattern)) return found;
  if (size() >= kTemplatesMax || bytes_ + pattern.size() > kTemplateTableBytesMax) {
    return std::nullopt;
  }
  absl::StatusOr<LogTemplate> parsed = LogTemplate::Parse(pattern);
  if (!parsed.ok()) return std::nullopt;
  Append(*std::move(parsed));
  return static_cast<uint32_t>(size() - 1);
}

void LogTemplateTable::Append(LogTemplate parsed) {
  const auto id = static_cast<uint32_t>(templates_.size());
  const LogTemplate& added = templates_.emplace_back(std::move(parsed));
  bytes_ += added.pattern().size();
  ids_.emplace(added.pattern(), id);
  std::vector<uint32_t>& numbers = slot_paths_.emplace_back();
  for (size_t i = 0; i < added.slots().size(); ++i) {
    const auto [found, is_new] =
        path_numbers_.try_emplace(added.path(i), static_cast<uint32_t>(path_numbers_.size()));
    numbers.push_back(found->second);
  }
}

std::string LogTemplateTable::Encode() const {
  std::vector<uint32_t> lengths;
  std::string text;
  for (const LogTemplate& entry : templates_) {
    lengths.push_back(static_cast<uint32_t>(entry.pattern().size()));
    text.append(entry.pattern());
  }
  std::string out;
  ByteWriter writer(&out);
  writer.U8(kTableVersion);
  writer.Varint(templates_.size());
  AppendIntegerColumn(lengths, &out);
  AppendTextColumn(text, TextEffort::kHigh, &out);
  return out;
}

absl::Status LogTemplateTable::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  uint8_t version = 0;
  if (!reader.U8(&version)) return Malformed("no version");
  if (version == 0 || version > kTableVersion) {
    return absl::UnimplementedError(StrCat("cannot read log templates: version ", int{version},
                                           ", want 1 to ", int{kTableVersion}));
  }
  uint64_t count = 0;
  if (!reader.VarintUpTo(kTemplatesMax, &count)) return Malformed("number of templates");
  std::vector<uint32_t> lengths;
  VARVE_RETURN_IF_ERROR(ReadUnsignedColumn(&reader, count, kTemplatePatternBytesMax, &lengths));
  TextColumn column;
  VARVE_RETURN_IF_ERROR(ReadTextColumn(&reader, &column));
  if (!reader.AtEnd()) return Malformed("bytes behind the last one");
  if (column.raw_bytes > kTemplateTableBytesMax) return Malformed("too long");
  std::string scratch;
  std::string_view text;
  VARVE_RETURN_IF_ERROR(DecodeText(column, &scratch, &text));
  for (const uint32_t length : lengths) {
    if (length > text.size()) return Malformed("a pattern ends behind the text");
    VARVE_ASSIGN_OR_RETURN(LogTemplate parsed, LogTemplate::Parse(text.substr(0, length)));
    if (Find(parsed.pattern())) return Malformed("a pattern stands twice");
    Append(std::move(parsed));
    text.remove_prefix(length);
  }
  return text.empty() ? absl::OkStatus() : Malformed("text behind the last pattern");
}

}  // namespace varve::storage
