// ParseConfig: the command line and the environment -> ServerOptions. Nothing else reads either.
//
// Each flag --a.b-c may also be given as VARVE_A_B_C in the environment; the command line wins.
// Threads:  functions without state.
// Errors:   in ConfigResult: what to print, and the exit code that goes with it.
#ifndef SERVER_CONFIG_H_
#define SERVER_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "server/server_options.h"

namespace varve::server {

// The exit code for a flag that cannot be used.
inline constexpr int kExitBadFlag = 2;

struct ConfigResult {
  std::optional<ServerOptions> options;  // none: print `text` and exit
  std::string text;                      // help or version for exit code 0, else an error
  int exit_code = 0;
};

// What is so without any flag.
ServerOptions DefaultOptions();

// `arguments` without the program's name.
ConfigResult ParseConfig(std::vector<std::string> arguments);

}  // namespace varve::server

#endif  // SERVER_CONFIG_H_
