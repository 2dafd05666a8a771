// `varve logs`: log lines, or a metric query over logs, in LogQL.
//
// Lines are printed oldest first: the newest `limit` of the range, or with `forward` the oldest.
//
// Threads:  free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_COMMAND_H_
#define TOOLS_LOGS_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/log_line_printer.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsOptions {
  std::string query;
  TimeSpanArguments span;
  uint64_t limit = 100;
  bool forward = false;
  uint64_t context_lines = 0;  // before and after each line found
  bool follow = false;         // go on with lines as they come in
  std::string step;            // of a metric query; empty: the server chooses
  LogOutput output = LogOutput::kDefault;
  std::string template_text;
};
absl::Status RunLogs(const LogsOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_COMMAND_H_
