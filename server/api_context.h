// ApiContext: what the API handlers share. Handlers own no state.
//
// Threads:  immutable while handlers run, but for what is thread-safe itself.
#ifndef SERVER_API_CONTEXT_H_
#define SERVER_API_CONTEXT_H_

#include <atomic>
#include <cstdint>

#include "query/engine/query_context.h"
#include "query/engine/worker_pool.h"
#include "server/http/http_listener.h"
#include "server/ingestion_rate.h"
#include "server/logger.h"
#include "server/metrics_registry.h"
#include "server/server_options.h"
#include "server/tail_hub.h"
#include "storage/database.h"
#include "storage/delete_request_store.h"
#include "storage/metric_metadata_store.h"

namespace varve::server {

class Dispatcher;

// What is known of the write-ahead log that is read back at the start: ids of its segments.
struct WalReplayState {
  std::atomic<uint64_t> first{0};
  std::atomic<uint64_t> last{0};
  std::atomic<uint64_t> read{0};
};

struct ApiContext {
  const ServerOptions* options = nullptr;
  // Set before the server is ready; handlers other than immediate ones run only then.
  storage::Database* database = nullptr;
  query::WorkerPool* workers = nullptr;
  MetricsRegistry* metrics = nullptr;
  storage::MetricMetadataStore metadata;
  storage::DeleteRequestStore deletes;
  TailHub tails;
  IngestionRate ingestion_rate;
  Logger* logger = nullptr;
  const HttpListener* listener = nullptr;
  const Dispatcher* dispatcher = nullptr;
  std::atomic<bool> ready{false};
  WalReplayState replay;
  std::atomic<bool> stopping{false};
  int64_t start_time_ms = 0;
  std::atomic<int64_t> reload_time_ms{0};  // of /-/reload, or of the start
};

// The wall clock, in milliseconds since the Unix epoch.
int64_t NowMs();

}  // namespace varve::server

#endif  // SERVER_API_CONTEXT_H_
