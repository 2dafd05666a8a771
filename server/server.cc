#include "server/server.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "query/logql/log_entry_filter.h"
#include "server/api_context.h"
#include "server/build_info.h"
#include "server/dispatcher.h"
#include "server/metrics_page.h"
#include "server/routes.h"
#include "server/syslog/syslog_listener.h"
#include "server/write_api.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

constexpr size_t kQueryThreadsMin = 4;

size_t Cores() { return std::max<size_t>(std::thread::hardware_concurrency(), 1); }

DispatcherOptions DispatcherOptionsFor(const ServerOptions& options) {
  DispatcherOptions pools;
  pools.query_threads = options.query_concurrency > 0 ? options.query_concurrency
                                                      : std::max(kQueryThreadsMin, Cores());
  pools.query_queue_max = options.query_queue_max;
  pools.write_threads = options.write_concurrency;
  pools.write_queue_max = options.write_queue_max;
  absl::StatusOr<OriginPolicy> origins = OriginPolicy::Parse(options.cors_origin);
  if (origins.ok()) pools.origins = *std::move(origins);  // else none; ParseConfig has told
  return pools;
}

// Batches of syslog come again until they are stored, so that the largest must fit.
uint64_t BurstBytes(const ServerOptions& options) {
  constexpr uint64_t kSyslogBatchBytes = 64 << 20;
  const uint64_t burst = options.ingestion_burst_bytes > 0
                             ? options.ingestion_burst_bytes
                             : options.ingestion_rate_bytes + options.ingestion_rate_bytes / 2;
  return options.syslog.enabled() ? std::max(burst, kSyslogBatchBytes) : burst;
}

class VarveServer : public Server {
 public:
  VarveServer(ServerOptions options, Logger* logger)
      : options_(std::move(options)),
        logger_(logger),
        // The thread that asks works too, so one less than there are cores.
        workers_(Cores() - 1) {
    options_.http.io_threads = std::clamp<size_t>(Cores(), 1, 16);
    options_.http.oversized_body_status = [](std::string_view path) {
      return IsWritePath(path) ? 400 : 413;
    };
    context_.options = &options_;
    context_.workers = &workers_;
    context_.metrics = &metrics_;
    context_.ingestion_rate.Configure(options_.ingestion_rate_bytes, BurstBytes(options_));
    context_.logger = logger_;
    context_.start_time_ms = NowMs();
    context_.reload_time_ms = context_.start_time_ms;
    AddAllRoutes(&context_, &router_);
    AddServerCollectors(&context_);
    dispatcher_ =
        std::make_unique<Dispatcher>(DispatcherOptionsFor(options_), &router_, &metrics_, logger_);
    context_.dispatcher = dispatcher_.get();
  }

  ~VarveServer() override {
    // A server that could not start has no database but may listen.
    if (listener_ != nullptr) listener_->Stop();
    if (syslog_ != nullptr) syslog_->Stop();
    dispatcher_->Stop();
  }

  absl::Status Run() {
    VARVE_ASSIGN_OR_RETURN(
        listener_,
        HttpListener::Start(options_.http, [this](HttpRequest request, HttpResponder respond) {
          dispatcher_->Handle(std::move(request), std::move(respond));
        }));
    context_.listener = listener_.get();
    storage::StorageOptions storage_options = options_.storage;
    storage_options.on_background_error = [this](const absl::Status& status) {
      logger_->Error("maintenance of the data failed and is tried again",
                     {{"err", std::string(storage::ToStd(status.message()))}});
    };
    storage_options.compile_entry_filter = query::CompileLogEntryFilter;
    storage_options.on_replay = [this](uint64_t first, uint64_t last, uint64_t read) {
      context_.replay.first.store(first);
      context_.replay.last.store(last);
      context_.replay.read.store(read);
    };
    VARVE_ASSIGN_OR_RETURN(database_, storage::Database::Open(std::move(storage_options)));
    context_.database = database_.get();
    const absl::Status metadata = context_.metadata.Load(options_.storage);
    if (!metadata.ok()) {
      logger_->Warn("cannot read the metadata of metrics", {{"err", metadata.ToString()}});
    }
    VARVE_RETURN_IF_ERROR(context_.deletes.Load(options_.storage, database_->PendingDeletions()));
    context_.ready.store(true);
    dispatcher_->SetReady();
    const storage::StorageStats stats = database_->Stats();
    logger_->Info("ready", {{"version", std::string(kVersion)},
                            {"path", options_.storage.path},
                            {"replayed_samples", std::to_string(stats.wal_replayed_samples)},
                            {"replayed_entries", std::to_string(stats.wal_replayed_entries)},
                            {"start_ms", std::to_string(NowMs() - context_.start_time_ms)}});
    if (stats.wal_corruptions_total > 0 || stats.quarantined_files > 0) {
      logger_->Warn("damage found in the data directory",
                    {{"wal_corruptions", std::to_string(stats.wal_corruptions_total)},
                     {"quarantined_files", std::to_string(stats.quarantined_files)}});
    }
    for (const std::string& address : listener_->addresses()) {
      logger_->Info("listening", {{"address", address}});
    }
    if (options_.syslog.enabled()) {
      VARVE_ASSIGN_OR_RETURN(syslog_, SyslogListener::Start(options_.syslog, &context_));
      for (const std::string& address : syslog_->addresses()) {
        logger_->Info("taking syslog", {{"address", address}});
      }
    }
    return absl::OkStatus();
  }

  std::vector<std::string> addresses() const override { return listener_->addresses(); }

  absl::Status Stop() override {
    context_.stopping.store(true);
    logger_->Info("stopping");
    listener_->StopAccepting();
    if (syslog_ != nullptr) syslog_->Stop();
    if (!listener_->Drain(options_.drain_timeout_ms)) {
      logger_->Warn("requests were still running at the end of the drain timeout");
    }
    // Closing the connections cancels the queries that are left, so that the pools end.
    listener_->Stop();
    dispatcher_->Stop();
    context_.ready.store(false);
    if (const absl::Status saved = context_.metadata.Save(); !saved.ok()) {
      logger_->Warn("cannot save the metadata of metrics", {{"err", saved.ToString()}});
    }
    const absl::Status status = database_->Close();
    if (status.ok()) {
      logger_->Info("stopped");
    } else {
      logger_->Error("cannot close the database", {{"err", status.ToString()}});
    }
    return status;
  }

 private:
  ServerOptions options_;
  Logger* logger_;
  MetricsRegistry metrics_;
  Router router_;
  ApiContext context_;
  query::WorkerPool workers_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<HttpListener> listener_;
  std::unique_ptr<SyslogListener> syslog_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(ServerOptions options, Logger* logger) {
  auto server = std::make_unique<VarveServer>(std::move(options), logger);
  VARVE_RETURN_IF_ERROR(server->Run());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace varve::server
