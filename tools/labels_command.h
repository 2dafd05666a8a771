// `varve labels`: the names of labels, or the values of one, of metrics or of logs.
//
// Threads:  free function.
// Errors:   see command_context.h.
#ifndef TOOLS_LABELS_COMMAND_H_
#define TOOLS_LABELS_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

struct LabelsOptions {
  std::string name;      // empty: list names
  std::string since;     // empty: all of time (metrics), the server's default (logs)
  std::string selector;  // empty: of everything
  bool logs = false;
  OutputFormat output = OutputFormat::kTable;
};
absl::Status RunLabels(const LabelsOptions& options, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_LABELS_COMMAND_H_
