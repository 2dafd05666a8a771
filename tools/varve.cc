// The `varve` command line.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tools/command_line.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  varve::tools::CommandEnvironment environment;
  environment.out = &std::cout;
  environment.err = &std::cerr;
  environment.is_terminal = isatty(STDOUT_FILENO) == 1;
  if (const char* no_colour = std::getenv("NO_COLOR")) environment.no_colour = *no_colour != '\0';
  if (const char* url = std::getenv("VARVE_URL")) environment.url = url;
  environment.now_ns = absl::GetCurrentTimeNanos();
  return varve::tools::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), environment);
}
