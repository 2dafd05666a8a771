// `varve promql`: expressions laid out, or as their syntax trees; works offline.
//
// Threads:  free functions.
// Errors:   INVALID_ARGUMENT with the parser's text; see command_context.h.
#ifndef TOOLS_PROMQL_COMMAND_H_
#define TOOLS_PROMQL_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

struct PromqlOptions {
  std::string expression;  // "-" for standard input
};
// As the API's format_query.
absl::Status RunPromqlFormat(const PromqlOptions& options, const CommandContext& context);
// As the API's parse_query: JSON on one line.
absl::Status RunPromqlParse(const PromqlOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_PROMQL_COMMAND_H_
