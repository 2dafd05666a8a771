// CommandContext: what every subcommand of the command line is given, and OutputFormat, how query
// commands print.
//
// Threads:  one-thread.
// Owns:     nothing; the streams and the client outlive the command.
// Errors:   a command returns INVALID_ARGUMENT for what was wrong on the command line itself (exit
//           code 2); every other error is exit code 1.
#ifndef TOOLS_COMMAND_CONTEXT_H_
#define TOOLS_COMMAND_CONTEXT_H_

#include <cstddef>
#include <cstdint>
#include <ostream>

#include "tools/timestamp_text.h"

namespace varve::tools {

class HttpClient;

enum class OutputFormat { kTable, kJson, kCsv };

struct CommandContext {
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  const HttpClient* http = nullptr;  // nullptr for commands that work offline
  bool is_terminal = false;          // where `out` leads to
  bool err_is_terminal = false;
  size_t columns = 80;  // of the terminal
  bool colours = false;
  TimestampFormat times;
  int64_t now_ns = 0;  // one moment for the whole command
};

}  // namespace varve::tools

#endif  // TOOLS_COMMAND_CONTEXT_H_
