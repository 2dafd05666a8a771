// `varve logs --follow`: lines as they come in, over the server's tail, until it is stopped.
//
// When the connection ends it is opened again, from the last line on, later and later where that
// fails; lines that were printed already are not printed again. What the server had to leave out is
// told.
//
// Threads:  a free function.
// Errors:   see command_context.h; an end of the connection is none, once there was one.
#ifndef TOOLS_LOGS_FOLLOW_H_
#define TOOLS_LOGS_FOLLOW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/log_line_printer.h"

namespace varve::tools {

struct FollowOptions {
  std::string query;
  int64_t start_ns = 0;              // of the lines from before that come first
  uint64_t limit = 100;              // of those
  uint64_t reconnects = UINT64_MAX;  // connections after the first
  int64_t reconnect_wait_ms = 1000;  // before the second; each time twice as long
};
absl::Status FollowLogs(const FollowOptions& options, LogLinePrinter* printer,
                        const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LOGS_FOLLOW_H_
