// Flags that several subcommands have.
//
// Threads:  free functions, called while the command line is described; what they point to outlives
//           the command line.
#ifndef TOOLS_COMMAND_FLAGS_H_
#define TOOLS_COMMAND_FLAGS_H_

#include <string>

#include "tools/command_context.h"

namespace CLI {
class App;
}

namespace varve::tools {

// -o, --output: table, json or csv.
void AddOutput(CLI::App* command, OutputFormat* output);
void AddSince(CLI::App* command, std::string* since, const std::string& default_text);
// --since, --from (or --start) and --to (or --end).
void AddSpan(CLI::App* command, TimeSpanArguments* span, const std::string& since_default);

}  // namespace varve::tools

#endif  // TOOLS_COMMAND_FLAGS_H_
