// SyslogCounters: what the receiver of syslog counts, for /metrics.
//
// Threads:  thread-safe.
// Owns:     nothing: the counters are the registry's.
#ifndef SERVER_SYSLOG_SYSLOG_COUNTERS_H_
#define SERVER_SYSLOG_SYSLOG_COUNTERS_H_

#include "server/metrics_registry.h"
#include "server/syslog/syslog_queue.h"

namespace varve::server {

class SyslogCounters {
 public:
  explicit SyslogCounters(MetricsRegistry* registry) : registry_(registry) {
    for (const SyslogProtocol protocol : {SyslogProtocol::kTcp, SyslogProtocol::kUdp}) {
      Of(&received_, protocol) = registry->FindCounter(
          "varve_syslog_messages_total", "Messages of syslog received.", {Label(protocol)});
      Of(&truncated_, protocol) =
          registry->FindCounter("varve_syslog_truncated_total",
                                "Messages of syslog cut at the greatest size.", {Label(protocol)});
      for (const char* reason : {"buffer_full", "not_stored"}) Dropped(protocol, reason);
    }
    malformed_ = registry->FindCounter("varve_syslog_malformed_total",
                                       "Messages of syslog stored as they came in, because they "
                                       "could not be read.");
    refused_ = registry->FindCounter("varve_syslog_connections_refused_total",
                                     "Connections of syslog refused: there were too many.");
  }

  Counter* received(SyslogProtocol protocol) { return Of(&received_, protocol); }
  Counter* truncated(SyslogProtocol protocol) { return Of(&truncated_, protocol); }
  Counter* malformed() { return malformed_; }
  Counter* connections_refused() { return refused_; }
  // buffer_full: more datagrams than could be stored; not_stored: the server stopped.
  Counter* Dropped(SyslogProtocol protocol, const char* reason) {
    return registry_->FindCounter("varve_syslog_dropped_total", "Messages of syslog lost.",
                                  {Label(protocol), {"reason", reason}});
  }

 private:
  static std::pair<std::string, std::string> Label(SyslogProtocol protocol) {
    return {"protocol", protocol == SyslogProtocol::kTcp ? "tcp" : "udp"};
  }
  static Counter*& Of(Counter* (*counters)[2], SyslogProtocol protocol) {
    return (*counters)[static_cast<size_t>(protocol)];
  }

  MetricsRegistry* const registry_;
  Counter* received_[2] = {};
  Counter* truncated_[2] = {};
  Counter* malformed_ = nullptr;
  Counter* refused_ = nullptr;
};

}  // namespace varve::server

#endif  // SERVER_SYSLOG_SYSLOG_COUNTERS_H_
