// `varve logs stats`: how much there is of streams: streams, blocks, lines, bytes.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_STATS_COMMAND_H_
#define TOOLS_LOGS_STATS_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsStatsOptions {
  std::string selector;
  TimeSpanArguments span;
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunLogsStats(const LogsStatsOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_STATS_COMMAND_H_
