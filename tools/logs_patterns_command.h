// `varve logs patterns`: what the lines of streams look like, the most frequent first.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_PATTERNS_COMMAND_H_
#define TOOLS_LOGS_PATTERNS_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsPatternsOptions {
  std::string selector;
  TimeSpanArguments span;
  uint64_t limit = 50;
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunLogsPatterns(const LogsPatternsOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_PATTERNS_COMMAND_H_
