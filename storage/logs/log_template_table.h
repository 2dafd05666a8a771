// LogTemplateTable: the templates that the blocks of a part share, by id, and the paths of their
// slots, by number.
//
// Threads:  thread-compatible; immutable once decoded, and then for any number of threads.
// Owns:     its templates.
// Errors:   DATA_LOSS for bytes that are no table.
// Format:   storage/docs/log_part_format.md, section "Templates"
#ifndef STORAGE_LOGS_LOG_TEMPLATE_TABLE_H_
#define STORAGE_LOGS_LOG_TEMPLATE_TABLE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/logs/log_template.h"
#include "storage/model/text.h"

namespace varve::storage {

// A part has no more templates than this, and they are no longer than this; further lines are
// stored without one. A table is held in memory while its part is read.
inline constexpr size_t kTemplatesMax = 1 << 16;
inline constexpr size_t kTemplateTableBytesMax = 8 << 20;

class LogTemplateTable {
 public:
  LogTemplateTable();
  LogTemplateTable(const LogTemplateTable&) = delete;  // views point into the templates
  LogTemplateTable& operator=(const LogTemplateTable&) = delete;

  // No other table of the process has or had it.
  uint64_t serial() const { return serial_; }
  size_t size() const { return templates_.size(); }
  bool empty() const { return templates_.empty(); }
  const LogTemplate& at(uint32_t id) const { return templates_[id]; }
  // The number of the path of each slot of a template; equal paths have equal numbers.
  const std::vector<uint32_t>& paths(uint32_t id) const { return slot_paths_[id]; }
  size_t path_count() const { return path_numbers_.size(); }

  std::optional<uint32_t> Find(std::string_view pattern) const;
  // The id of a pattern, a new one where it is not known; nullopt where the table is full or the
  // bytes are no pattern.
  std::optional<uint32_t> Intern(std::string_view pattern);

  std::string Encode() const;
  // Adds what Encode gave. REQUIRES: empty().
  absl::Status Decode(std::string_view bytes);

 private:
  void Append(LogTemplate parsed);

  const uint64_t serial_;
  std::deque<LogTemplate> templates_;
  std::vector<std::vector<uint32_t>> slot_paths_;
  StringViewMap<uint32_t> ids_;           // by pattern; keys lie in templates_
  StringViewMap<uint32_t> path_numbers_;  // by path; keys lie in templates_
  size_t bytes_ = 0;
};

}  // namespace varve::storage

#endif  // STORAGE_LOGS_LOG_TEMPLATE_TABLE_H_
