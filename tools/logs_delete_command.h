// `varve logs delete`: deletes the lines of a query in a range of time, lists such requests, or
// takes one back.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_DELETE_COMMAND_H_
#define TOOLS_LOGS_DELETE_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsDeleteOptions {
  std::string query;
  TimeSpanArguments span;  // must be given: nothing is deleted by default
  bool list = false;
  std::string cancel;  // the id of a request
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunLogsDelete(const LogsDeleteOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_DELETE_COMMAND_H_
