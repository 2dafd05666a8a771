// SyslogListener: takes messages of syslog over TCP and UDP, and stores them.
//
// A connection that brings more than can be stored is not read for a while; datagrams are dropped
// and counted then, for each sender apart.
//
// Threads:  one for all sockets, one that stores. Start and Stop belong to one thread.
// Owns:     its sockets, threads and what waits to be stored.
// Errors:   Start: UNAVAILABLE for an address that cannot be bound, INVALID_ARGUMENT for a bad one.
// Source:   RFC 6587 (TCP), RFC 5426 (UDP).
#ifndef SERVER_SYSLOG_SYSLOG_LISTENER_H_
#define SERVER_SYSLOG_SYSLOG_LISTENER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api_context.h"
#include "server/syslog/syslog_options.h"

namespace varve::server {

class SyslogListener {
 public:
  // `context` and its database outlive the listener.
  static absl::StatusOr<std::unique_ptr<SyslogListener>> Start(const SyslogListenerOptions& options,
                                                               ApiContext* context);
  virtual ~SyslogListener() = default;

  // With real ports: first those of TCP, then those of UDP.
  virtual std::vector<std::string> addresses() const = 0;
  // Takes nothing more, stores what has come in, and ends the threads.
  virtual void Stop() = 0;
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_LISTENER_H_
