// `varve query`: a PromQL expression at one moment.
//
// Threads:  free function.
// Errors:   see command_context.h.
#ifndef TOOLS_QUERY_COMMAND_H_
#define TOOLS_QUERY_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

struct QueryOptions {
  std::string expression;
  std::string time = "now";
  OutputFormat output = OutputFormat::kTable;
  bool explain = false;  // print the plan instead of the result
};
absl::Status RunQuery(const QueryOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_QUERY_COMMAND_H_
