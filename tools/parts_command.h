// `varve parts`: what the part files of a data directory hold, and whether they are whole. Works
// offline, and beside a running server.
//
// Threads:  free functions.
// Errors:   DATA_LOSS from verify when anything is damaged; each damage is printed with its file
//           and offset before. Otherwise see command_context.h and part_catalog.h.
#ifndef TOOLS_PARTS_COMMAND_H_
#define TOOLS_PARTS_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

struct PartsOptions {
  std::string path;                            // a data directory, a folder of parts or a part file
  OutputFormat output = OutputFormat::kTable;  // of list
};

// One row per part: kind, level, day, times, series, entries and bytes.
absl::Status RunPartsList(const PartsOptions& options, const CommandContext& context);
// Sections and codecs of every part.
absl::Status RunPartsInspect(const PartsOptions& options, const CommandContext& context);
// Reads and checks every byte. Goes on behind damage, so that all of it is told.
absl::Status RunPartsVerify(const PartsOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_PARTS_COMMAND_H_
