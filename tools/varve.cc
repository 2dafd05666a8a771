// The `varve` command line.
#include <sys/ioctl.h>
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
  environment.err_is_terminal = isatty(STDERR_FILENO) == 1;
  for (const int file : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (ioctl(file, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) continue;
    environment.columns = size.ws_col;
    break;
  }
  if (const char* no_colour = std::getenv("NO_COLOR")) environment.no_colour = *no_colour != '\0';
  if (const char* url = std::getenv("VARVE_URL")) environment.url = url;
  environment.now_ns = absl::GetCurrentTimeNanos();
  return varve::tools::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), environment);
}
