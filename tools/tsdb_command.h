// `varve tsdb analyze`: what the samples of a data directory consist of, from its part files. Works
// offline, and beside a running server; what is only in the write-ahead log is not counted.
//
// Threads:  a free function.
// Errors:   DATA_LOSS when a part is damaged, after the rest was told; see part_catalog.h.
#ifndef TOOLS_TSDB_COMMAND_H_
#define TOOLS_TSDB_COMMAND_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

struct AnalyzeOptions {
  std::string path;
  size_t top = 10;  // rows of each table
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunTsdbAnalyze(const AnalyzeOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_TSDB_COMMAND_H_
