// SyslogListenerOptions: where messages of syslog are taken, and how much of them.
#ifndef SERVER_SYSLOG_SYSLOG_OPTIONS_H_
#define SERVER_SYSLOG_SYSLOG_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace varve::server {

struct SyslogListenerOptions {
  // host:port; port 0 takes a free one. Nobody proves who he is here, so both are off by default.
  std::vector<std::string> tcp_addresses;
  std::vector<std::string> udp_addresses;
  // Of times that do not say: senders of RFC 3164 mean that of their machine.
  absl::TimeZone zone = absl::LocalTimeZone();
  size_t connections_max = 1024;
  // The rest of a longer message is left out. Not more than a line may have.
  size_t message_bytes_max = 256 << 10;
  // Senders keep a connection open and may have little to say; what they write into one that was
  // closed is lost, so this only removes those that are gone.
  int64_t idle_timeout_ms = 3'600'000;
  // Messages that wait to be stored, of one sender and of all. Beyond it a connection is not read,
  // and datagrams are dropped.
  size_t source_bytes_max = 4 << 20;
  size_t waiting_bytes_max = 64 << 20;

  bool enabled() const { return !tcp_addresses.empty() || !udp_addresses.empty(); }
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_OPTIONS_H_
