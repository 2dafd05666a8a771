// `varve logs volume`: bytes by stream or by label, the most first; with a step, over time.
//
// Threads:  a free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LOGS_VOLUME_COMMAND_H_
#define TOOLS_LOGS_VOLUME_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct LogsVolumeOptions {
  std::string selector;
  TimeSpanArguments span;
  std::string by;  // label names with commas between them; empty: the labels of the selector
  uint64_t limit = 100;
  std::string step;  // empty: one number for the whole range
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunLogsVolume(const LogsVolumeOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_VOLUME_COMMAND_H_
