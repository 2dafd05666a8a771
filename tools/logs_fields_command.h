// `varve logs fields`: the fields that parsers find in lines, or the values of one.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_FIELDS_COMMAND_H_
#define TOOLS_LOGS_FIELDS_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsFieldsOptions {
  std::string selector;
  std::string field;  // empty: list the fields
  TimeSpanArguments span;
  uint64_t lines = 1000;  // that are looked at
  uint64_t limit = 1000;  // fields or values
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunLogsFields(const LogsFieldsOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_FIELDS_COMMAND_H_
