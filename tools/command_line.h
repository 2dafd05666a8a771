// RunCommandLine: the whole of `varve` but for main.
//
// Threads:  one-thread.
// Owns:     nothing.
// Errors:   the exit code: 0, 1 for a command that failed, 2 for a command line that is wrong. What
//           went wrong is on the error stream as `varve: cannot ...`.
#ifndef TOOLS_COMMAND_LINE_H_
#define TOOLS_COMMAND_LINE_H_

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace varve::tools {

// What a process is given besides its arguments.
struct CommandEnvironment {
  std::ostream* out = nullptr;
  std::ostream* err = nullptr;
  bool is_terminal = false;  // where `out` leads to
  bool err_is_terminal = false;
  size_t columns = 80;     // of the terminal
  bool no_colour = false;  // NO_COLOR is set
  std::string url;         // VARVE_URL; empty where it is not set
  int64_t now_ns = 0;
};

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// `arguments` are without the program's name.
int RunCommandLine(const std::vector<std::string>& arguments,
                   const CommandEnvironment& environment);

}  // namespace varve::tools

#endif  // TOOLS_COMMAND_LINE_H_
