// `varve series`: the series, or log streams, that match selectors.
//
// Threads:  free function.
// Errors:   see command_context.h.
#ifndef TOOLS_SERIES_COMMAND_H_
#define TOOLS_SERIES_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

struct SeriesOptions {
  std::vector<std::string> selectors;
  std::string since;  // empty: all of time (metrics), the server's default (logs)
  bool logs = false;
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunSeries(const SeriesOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_SERIES_COMMAND_H_
