#include "storage/logs/template_renumber.h"

#include <array>
#include <optional>
#include <vector>

#include "storage/encoding/byte_reader.h"
#include "storage/encoding/byte_writer.h"
#include "storage/logs/log_block_header.h"
#include "storage/logs/log_columns.h"
#include "storage/status_macros.h"

namespace varve::storage {

absl::StatusOr<bool> RenumberBlockTemplates(const LogTemplateTable& from, LogTemplateTable* to,
                                            std::string* block) {
  VARVE_ASSIGN_OR_RETURN(const LogBlockHeader header, LogBlockHeader::Parse(*block));
  std::array<std::string, kLogBlockGroups> groups;
  for (size_t i = 0; i < kLogBlockGroups; ++i) {
    const auto group = static_cast<LogBlockGroup>(i);
    if (header.block_bytes() != block->size()) {
      return absl::DataLossError("cannot copy log block: cut off");
    }
    groups[i] = block->substr(header.Offset(group), header.Length(group));
    VARVE_RETURN_IF_ERROR(header.Verify(group, groups[i]));
  }
  std::string& messages = groups[static_cast<size_t>(LogBlockGroup::kMessages)];
  ByteReader reader(messages);
  uint64_t count = 0;
  if (from.empty() || !reader.VarintUpTo(header.entries, &count)) {
    return absl::DataLossError("cannot copy log block: number of templates");
  }
  std::vector<uint32_t> ids;
  VARVE_RETURN_IF_ERROR(
      ReadUnsignedColumn(&reader, count, static_cast<uint32_t>(from.size() - 1), &ids));
  for (uint32_t& id : ids) {
    const std::optional<uint32_t> renumbered = to->Intern(from.at(id).pattern());
    if (!renumbered) return false;
    id = *renumbered;
  }
  std::string changed;
  ByteWriter(&changed).Varint(count);
  AppendIntegerColumn(ids, &changed);
  changed.append(reader.rest());
  messages = std::move(changed);
  block->clear();
  LogBlockHeader::AppendBlock(header, groups, block);
  return true;
}

}  // namespace varve::storage
