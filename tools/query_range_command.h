// `varve query-range`: a PromQL expression at every step of a range of time.
//
// Threads:  free functions.
// Errors:   see command_context.h.
#ifndef TOOLS_QUERY_RANGE_COMMAND_H_
#define TOOLS_QUERY_RANGE_COMMAND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"
#include "tools/timestamp_text.h"

namespace varve::tools {

struct QueryRangeOptions {
  std::string expression;
  TimeSpanArguments span;
  std::string step;  // empty: chosen by the length of the range
  OutputFormat output = OutputFormat::kTable;
  bool explain = false;  // print the plan instead of the result
  bool graph = false;    // draw the result instead of printing it
};
absl::Status RunQueryRange(const QueryRangeOptions& options, const CommandContext& context);

// About 250 steps in a range, whole seconds, at least one.
int64_t DefaultStepNs(const TimeSpan& span);

}  // namespace varve::tools

#endif  // TOOLS_QUERY_RANGE_COMMAND_H_
