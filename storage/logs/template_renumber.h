// Moves a block with templates from one part to another: only the ids of its templates change.
//
// Threads:  free functions.
// Owns:     nothing.
// Errors:   DATA_LOSS for damage.
// Format:   storage/docs/log_part_format.md, section "Messages as templates"
#ifndef STORAGE_LOGS_TEMPLATE_RENUMBER_H_
#define STORAGE_LOGS_TEMPLATE_RENUMBER_H_

#include <string>

#include "absl/status/statusor.h"
#include "storage/logs/log_template_table.h"

namespace varve::storage {

// Replaces the ids of `from` in a block by those of *to, which learns the templates. False, and
// *block unchanged, where *to has no room for them.
absl::StatusOr<bool> RenumberBlockTemplates(const LogTemplateTable& from, LogTemplateTable* to,
                                            std::string* block);

}  // namespace varve::storage

#endif  // STORAGE_LOGS_TEMPLATE_RENUMBER_H_
