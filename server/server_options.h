// ServerOptions: everything the server can be told, with its default and the reason.
#ifndef SERVER_SERVER_OPTIONS_H_
#define SERVER_SERVER_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/loki_push.h"
#include "query/engine/query_context.h"
#include "server/http/http_listener.h"
#include "server/log_query_limits.h"
#include "server/logger.h"
#include "server/syslog/syslog_options.h"
#include "storage/storage_options.h"

namespace varve::server {

struct ServerOptions {
  storage::StorageOptions storage;
  query::QueryLimits query;
  HttpListenerOptions http;
  SyslogListenerOptions syslog;

  // The names given with --enable-feature, and those among them that nobody knows.
  std::vector<std::string> enabled_features;
  std::vector<std::string> unknown_features;

  // Queries that run at once; 0: four, or one for each core where there are more.
  size_t query_concurrency = 0;
  // Queries that wait for their turn: a hundred dashboards that open at once ask thousands. More
  // are answered 503 at once.
  size_t query_queue_max = 4096;
  // Writes that run at once. Most of their time is one fdatasync which they share, so there are
  // more of them than cores: the group that shares it grows with their number.
  size_t write_concurrency = 16;
  size_t write_queue_max = 256;

  // Remote reads that are answered at once, and the samples one may have in the answer that is not
  // streamed; 0: any number. The defaults are Prometheus's.
  size_t remote_read_concurrency = 10;
  uint64_t remote_read_samples_max = 50'000'000;

  // /api/v1/admin/...: deletes and merges; off, so that no page on the network can do that.
  bool enable_admin_api = false;
  // /-/quit and /-/reload; off for the same reason.
  bool enable_lifecycle = false;
  // Asked by /-/quit to stop the server, from a thread of its own; may be empty.
  std::function<void()> on_quit;
  // Web pages of these origins may read answers: a regular expression, empty for none.
  std::string cors_origin;
  // What Loki adds to a pushed stream, and Grafana's log pages rely on.
  bool discover_service_name = true;
  bool discover_level = true;
  // What pushed entries may look like; body_bytes_max and what is discovered are set above.
  ingest::LokiPushOptions push;
  // Bytes of log entries that may come in a second, and at once; 0: any number.
  uint64_t ingestion_rate_bytes = 0;
  uint64_t ingestion_burst_bytes = 0;
  // Of queries of the Loki API. A lookback or length that no flag sets is as long as data is kept,
  // so that only what cannot be there is left out.
  LogQueryLimits log_queries;

  // /loki/api/v1/delete; on, as in Loki. Requests of other sites' pages are refused all the same.
  bool allow_log_deletes = true;

  // Clients that watch log lines as they come in.
  size_t tails_max = 100;

  // After SIGTERM, what is being answered gets this long.
  int64_t drain_timeout_ms = 30'000;

  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;

  // Flags and their values, for /api/v1/status/flags.
  std::vector<std::pair<std::string, std::string>> flags;
};

}  // namespace varve::server

#endif  // SERVER_SERVER_OPTIONS_H_
