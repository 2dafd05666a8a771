// RunVarve: the command line in this process, with what it printed.
#ifndef TESTS_TOOLS_COMMAND_RUN_H_
#define TESTS_TOOLS_COMMAND_RUN_H_

#include <sstream>
#include <string>
#include <vector>

#include "tools/command_line.h"

namespace varve::tools {

// 2026-11-21T08:00:00Z.
inline constexpr int64_t kTestNowNs = 1'795'248'000'000'000'000;

struct CommandRun {
  int code = 0;
  std::string out;
  std::string err;
};

inline CommandRun RunVarve(std::vector<std::string> arguments, bool is_terminal = false) {
  std::ostringstream out;
  std::ostringstream err;
  arguments.push_back("--utc");
  CommandEnvironment environment;
  environment.out = &out;
  environment.err = &err;
  environment.is_terminal = is_terminal;
  environment.now_ns = kTestNowNs;
  const int code = RunCommandLine(arguments, environment);
  return {code, out.str(), err.str()};
}

}  // namespace varve::tools

#endif  // TESTS_TOOLS_COMMAND_RUN_H_
