// Server: everything a running varved is made of, and the order it starts and stops in.
//
// Start: listen (probes are answered, the rest is 503), open the database, be ready. Stop: be not
// ready, take no more connections, let running requests end, close the database.
//
// Threads:  one thread starts and stops it.
// Owns:     the listener, the pools and the database.
// Errors:   Start: those of HttpListener::Start and Database::Open.
#ifndef SERVER_SERVER_H_
#define SERVER_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/logger.h"
#include "server/server_options.h"

namespace varve::server {

class Server {
 public:
  // `logger` outlives the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options, Logger* logger);
  virtual ~Server() = default;

  // Where it listens, with real ports.
  virtual std::vector<std::string> addresses() const = 0;

  // Drains, flushes and closes. Call once.
  virtual absl::Status Stop() = 0;
};

}  // namespace varve::server

#endif  // SERVER_SERVER_H_
