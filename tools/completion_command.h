// `varve completion`: scripts that teach a shell to complete our command line.
//
// Threads:  free function.
// Errors:   INVALID_ARGUMENT for a shell that is not known.
#ifndef TOOLS_COMPLETION_COMMAND_H_
#define TOOLS_COMPLETION_COMMAND_H_

#include <string>

#include "absl/status/status.h"
#include "tools/command_context.h"

namespace varve::tools {

absl::Status RunCompletion(const std::string& shell, const CommandContext& context);

}  // namespace varve::tools

#endif  // TOOLS_COMPLETION_COMMAND_H_
