// `varve logs export`: writes the entries of streams into a file, every byte of them, as log_json.h
// has them.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_EXPORT_COMMAND_H_
#define TOOLS_LOGS_EXPORT_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsExportOptions {
  std::string selector;
  TimeSpanArguments span;
  std::string file;     // empty: to the output stream
  bool resume = false;  // go on where an export into the same file was interrupted
};
absl::Status RunLogsExport(const LogsExportOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_EXPORT_COMMAND_H_
