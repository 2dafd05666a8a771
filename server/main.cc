// varved: the server. Exit codes: 0 stopped as asked, 1 cannot start or close, 2 a flag is wrong.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/config.h"
#include "server/server.h"
#include "storage/model/text.h"

// jemalloc reads this before main. Few arenas, and pages given back after a second by a thread of
// its own: ingest frees what it allocated soon after, and memory that stays resident is what users
// see. Without jemalloc it is an unused variable.
extern "C" const char* malloc_conf;
const char* malloc_conf =
    "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:4,oversize_threshold:0,"
    "abort_conf:false";

namespace {

int stop_pipe[2] = {-1, -1};
volatile sig_atomic_t stop_signals = 0;

void AskToStop() {
  const ssize_t written = ::write(stop_pipe[1], "", 1);
  static_cast<void>(written);
}

// The first signal asks for an orderly stop, the second one ends the process: what was acknowledged
// is in the WAL already.
void OnStopSignal(int) {
  if (stop_signals == 1) ::_exit(EXIT_FAILURE);
  stop_signals = 1;
  AskToStop();
}

bool CatchStopSignals() {
  if (::pipe(stop_pipe) != 0) return false;
  struct sigaction action {};
  action.sa_handler = OnStopSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::signal(SIGPIPE, SIG_IGN);
  return ::sigaction(SIGTERM, &action, nullptr) == 0 && ::sigaction(SIGINT, &action, nullptr) == 0;
}

void WaitForStopSignal() {
  pollfd wait{stop_pipe[0], POLLIN, 0};
  while (::poll(&wait, 1, -1) <= 0) {
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  using varve::server::ConfigResult;
  ConfigResult config = varve::server::ParseConfig(
      std::vector<std::string>(arguments + 1, arguments + argument_count));
  if (!config.options) {
    std::fputs(config.text.c_str(), config.exit_code == 0 ? stdout : stderr);
    return config.exit_code;
  }
  varve::server::Logger logger(config.options->log_level, config.options->log_format);
  for (const std::string& name : config.options->unknown_features) {
    logger.Warn("unknown feature in --enable-feature", {{"feature", name}});
  }
  if (!CatchStopSignals()) {
    logger.Error("cannot catch signals");
    return EXIT_FAILURE;
  }
  config.options->on_quit = AskToStop;
  auto server = varve::server::Server::Start(*config.options, &logger);
  if (!server.ok()) {
    logger.Error("cannot start",
                 {{"err", std::string(varve::storage::ToStd(server.status().message()))}});
    return EXIT_FAILURE;
  }
  WaitForStopSignal();
  return (*server)->Stop().ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
