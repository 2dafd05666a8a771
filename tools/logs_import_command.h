// `varve logs import`: sends the lines of a file to a server.
//
// Threads:  a free function.
// Errors:   see command_context.h and log_entry.h.
#ifndef TOOLS_LOGS_IMPORT_COMMAND_H_
#define TOOLS_LOGS_IMPORT_COMMAND_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

// kAuto: JSON where the first line is an object with a timestamp, else text.
enum class LogImportFormat { kAuto, kText, kJsonLines };

struct LogsImportOptions {
  std::string path;  // "-" for standard input
  LogImportFormat format = LogImportFormat::kAuto;
  std::vector<std::string> labels;  // name=value
  std::string time_format = "auto";
  std::string zone = "Local";
  uint32_t batch_entries = 10'000;
  uint32_t retries = 10;
  bool resume = false;  // go on where an import of the same file was interrupted
};
absl::Status RunLogsImport(const LogsImportOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_IMPORT_COMMAND_H_
