#include "server/metrics_page.h"

#include "server/build_info.h"
#include "server/dispatcher.h"
#include "server/process_stats.h"

namespace varve::server {
namespace {

using storage::StorageStats;

struct StorageMetric {
  uint64_t StorageStats::*value;
  std::string_view type;
  std::string_view name;
  std::string_view help;
  std::string_view alias;  // the name dashboards of Prometheus know; may be empty
};

constexpr StorageMetric kStorageMetrics[] = {
    {&StorageStats::head_series, "gauge", "varve_head_series", "Active series.",
     "prometheus_tsdb_head_series"},
    {&StorageStats::head_samples, "gauge", "varve_head_samples",
     "Samples not yet written into parts.", ""},
    {&StorageStats::head_streams, "gauge", "varve_head_streams", "Active log streams.", ""},
    {&StorageStats::head_entries, "gauge", "varve_head_entries",
     "Log entries not yet written into parts.", ""},
    {&StorageStats::head_histogram_series, "gauge", "varve_head_histogram_series",
     "Active series with native histograms.", ""},
    {&StorageStats::head_histograms, "gauge", "varve_head_histograms",
     "Native histograms not yet written into parts.", ""},
    {&StorageStats::samples_appended_total, "counter", "varve_samples_appended_total",
     "Samples stored.", "prometheus_tsdb_head_samples_appended_total"},
    {&StorageStats::entries_appended_total, "counter", "varve_entries_appended_total",
     "Log entries stored.", "loki_distributor_lines_received_total"},
    {&StorageStats::entry_bytes_appended_total, "counter", "varve_entry_bytes_appended_total",
     "Bytes of the lines of log entries stored.", "loki_distributor_bytes_received_total"},
    {&StorageStats::histograms_appended_total, "counter", "varve_histograms_appended_total",
     "Native histograms stored.", ""},
    {&StorageStats::head_exemplars, "gauge", "varve_head_exemplars",
     "Exemplars not yet written into parts.", ""},
    {&StorageStats::exemplars_appended_total, "counter", "varve_exemplars_appended_total",
     "Exemplars stored.", "prometheus_tsdb_exemplar_exemplars_appended_total"},
    {&StorageStats::exemplars_rejected_total, "counter", "varve_exemplars_rejected_total",
     "Exemplars refused.", ""},
    {&StorageStats::samples_rejected_total, "counter", "varve_samples_rejected_total",
     "Samples and native histograms refused.", ""},
    {&StorageStats::entries_rejected_total, "counter", "varve_entries_rejected_total",
     "Log entries refused.", ""},
    {&StorageStats::series_created_total, "counter", "varve_series_created_total",
     "Series that were new.", "prometheus_tsdb_head_series_created_total"},
    {&StorageStats::wal_bytes, "gauge", "varve_wal_bytes", "Size of the write-ahead log.",
     "prometheus_tsdb_wal_storage_size_bytes"},
    {&StorageStats::wal_syncs_total, "counter", "varve_wal_syncs_total",
     "Times the write-ahead log was synced.", ""},
    {&StorageStats::wal_sync_failures_total, "counter", "varve_wal_sync_failures_total",
     "Times syncing the write-ahead log failed.", ""},
    {&StorageStats::wal_corruptions_total, "counter", "varve_wal_corruptions_total",
     "Damaged places found in the write-ahead log.", "prometheus_tsdb_wal_corruptions_total"},
    {&StorageStats::wal_replayed_samples, "gauge", "varve_wal_replayed_samples",
     "Samples read back from the write-ahead log at the start.", ""},
    {&StorageStats::wal_replayed_entries, "gauge", "varve_wal_replayed_entries",
     "Log entries read back from the write-ahead log at the start.", ""},
    {&StorageStats::wal_replayed_histograms, "gauge", "varve_wal_replayed_histograms",
     "Native histograms read back from the write-ahead log at the start.", ""},
    {&StorageStats::metric_parts, "gauge", "varve_metric_parts", "Parts with samples.",
     "prometheus_tsdb_blocks_loaded"},
    {&StorageStats::metric_part_bytes, "gauge", "varve_metric_part_bytes",
     "Size of the parts with samples.", "prometheus_tsdb_storage_blocks_bytes"},
    {&StorageStats::metric_part_samples, "gauge", "varve_metric_part_samples", "Samples in parts.",
     ""},
    {&StorageStats::histogram_parts, "gauge", "varve_histogram_parts",
     "Parts with native histograms.", ""},
    {&StorageStats::histogram_part_bytes, "gauge", "varve_histogram_part_bytes",
     "Size of the parts with native histograms.", ""},
    {&StorageStats::histogram_part_samples, "gauge", "varve_histogram_part_samples",
     "Native histograms in parts.", ""},
    {&StorageStats::exemplar_parts, "gauge", "varve_exemplar_parts", "Parts with exemplars.", ""},
    {&StorageStats::exemplar_part_bytes, "gauge", "varve_exemplar_part_bytes",
     "Size of the parts with exemplars.", ""},
    {&StorageStats::start_timestamp_parts, "gauge", "varve_start_timestamp_parts",
     "Parts with start timestamps of samples.", ""},
    {&StorageStats::start_timestamp_part_bytes, "gauge", "varve_start_timestamp_part_bytes",
     "Size of the parts with start timestamps.", ""},
    {&StorageStats::deletion_masks, "gauge", "varve_deletion_masks",
     "Deletions that no compaction has made physical everywhere.", ""},
    {&StorageStats::log_parts, "gauge", "varve_log_parts", "Parts with log entries.", ""},
    {&StorageStats::log_part_bytes, "gauge", "varve_log_part_bytes",
     "Size of the parts with log entries.", ""},
    {&StorageStats::log_part_entries, "gauge", "varve_log_part_entries", "Log entries in parts.",
     ""},
    {&StorageStats::flushes_total, "counter", "varve_flushes_total",
     "Times recent data was written into parts.", ""},
    {&StorageStats::compactions_total, "counter", "varve_compactions_total",
     "Times parts were merged.", "prometheus_tsdb_compactions_total"},
    {&StorageStats::maintenance_failures_total, "counter", "varve_maintenance_failures_total",
     "Flushes, compactions and retention rounds that failed.",
     "prometheus_tsdb_compactions_failed_total"},
    {&StorageStats::quarantined_files, "gauge", "varve_quarantined_files",
     "Damaged files that were set aside.", ""},
};

void CollectStorage(const StorageStats& stats, ExpositionWriter* writer) {
  for (const StorageMetric& metric : kStorageMetrics) {
    const auto value = static_cast<double>(stats.*metric.value);
    writer->Single(metric.name, metric.type, metric.help, value);
    if (!metric.alias.empty()) writer->Single(metric.alias, metric.type, metric.help, value);
  }
  struct StorageTime {
    std::string_view name;
    std::string_view alias;
    std::string_view help;
    int64_t time_ms;
  };
  const StorageTime times[] = {
      {"varve_head_min_time_seconds", "prometheus_tsdb_head_min_time_seconds",
       "Time of the oldest sample not yet in a part.", stats.head_min_time_ms},
      {"varve_head_max_time_seconds", "prometheus_tsdb_head_max_time_seconds",
       "Time of the newest sample not yet in a part.", stats.head_max_time_ms},
      {"varve_metrics_min_time_seconds", "prometheus_tsdb_lowest_timestamp_seconds",
       "Time of the oldest sample.", stats.metrics_min_time_ms},
      {"varve_metrics_max_time_seconds", "", "Time of the newest sample.",
       stats.metrics_max_time_ms}};
  for (const StorageTime& time : times) {
    const double seconds = static_cast<double>(time.time_ms) / 1000;
    writer->Single(time.name, "gauge", time.help, seconds);
    if (!time.alias.empty()) writer->Single(time.alias, "gauge", time.help, seconds);
  }
}

void CollectProcess(ExpositionWriter* writer) {
  const ProcessStats process = ReadProcessStats();
  writer->Single("process_cpu_seconds_total", "counter", "User and system CPU time.",
                 process.cpu_seconds);
  writer->Single("process_resident_memory_bytes", "gauge", "Resident memory.",
                 static_cast<double>(process.resident_bytes));
  writer->Single("process_virtual_memory_bytes", "gauge", "Virtual memory.",
                 static_cast<double>(process.virtual_bytes));
  writer->Single("process_open_fds", "gauge", "Open file descriptors.",
                 static_cast<double>(process.open_fds));
  writer->Single("process_max_fds", "gauge", "File descriptors that may be open.",
                 static_cast<double>(process.max_fds));
  writer->Single("process_start_time_seconds", "gauge", "Start of the process.",
                 process.start_time_seconds);
  writer->Single("process_threads", "gauge", "Threads.", static_cast<double>(process.threads));
  writer->Single("varve_memory_anonymous_bytes", "gauge", "Resident memory that no file backs.",
                 static_cast<double>(process.anonymous_bytes));
  if (process.allocated_bytes > 0) {
    writer->Single("varve_memory_allocated_bytes", "gauge", "Memory in use by the allocator.",
                   static_cast<double>(process.allocated_bytes));
  }
}

void CollectHttp(const HttpListenerStats& stats, ExpositionWriter* writer) {
  const auto show = [writer](std::string_view name, std::string_view type, std::string_view help,
                             const std::atomic<uint64_t>& value) {
    writer->Single(name, type, help, static_cast<double>(value.load()));
  };
  show("varve_http_connections", "gauge", "Open connections.", stats.connections);
  show("varve_http_connections_total", "counter", "Connections accepted.", stats.connections_total);
  show("varve_http_connections_refused_total", "counter",
       "Connections refused over --web.max-connections.", stats.connections_refused_total);
  show("varve_http_connections_evicted_total", "counter",
       "Idle connections closed for the sake of new ones.", stats.connections_evicted_total);
  show("varve_http_requests_in_flight", "gauge", "Requests being read, handled or answered.",
       stats.requests_in_flight);
  show("varve_http_requests_refused_total", "counter",
       "Requests that were malformed, too long or too slow.", stats.requests_refused_total);
  show("varve_http_requests_cancelled_total", "counter",
       "Requests whose client left before the answer.", stats.requests_cancelled_total);
  show("varve_http_body_bytes_in_flight", "gauge", "Bytes of bodies in memory.",
       stats.body_bytes_in_flight);
  show("varve_http_received_bytes_total", "counter", "Bytes received.", stats.received_bytes_total);
  show("varve_http_sent_bytes_total", "counter", "Bytes sent.", stats.sent_bytes_total);
}

void CollectPools(const Dispatcher& dispatcher, ExpositionWriter* writer) {
  struct Pool {
    std::string_view name;
    const TaskPool* pool;
  };
  const Pool pools[] = {{"query", &dispatcher.query_pool()}, {"write", &dispatcher.write_pool()}};
  writer->Family("varve_pool_running", "gauge", "Requests being handled, by pool.");
  for (const auto& [name, pool] : pools) {
    writer->Sample(static_cast<double>(pool->running()), {{"pool", std::string(name)}});
  }
  writer->Family("varve_pool_waiting", "gauge", "Requests waiting for a thread, by pool.");
  for (const auto& [name, pool] : pools) {
    writer->Sample(static_cast<double>(pool->queued()), {{"pool", std::string(name)}});
  }
}

void CollectServer(const ApiContext& context, ExpositionWriter* writer) {
  const MetricLabels version = {{"version", std::string(kVersion)},
                                {"compiler", std::string(kCompiler)}};
  for (const std::string_view name : {"varve_build_info", "prometheus_build_info"}) {
    writer->Family(name, "gauge", "The version, as labels; always 1.");
    writer->Sample(1, version);
  }
  const bool ready = context.ready.load() && !context.stopping.load();
  for (const std::string_view name : {"varve_ready", "prometheus_ready"}) {
    writer->Single(name, "gauge", "Whether requests are answered.", ready ? 1 : 0);
  }
  writer->Single("varve_tails", "gauge", "Clients that watch log lines as they come in.",
                 static_cast<double>(context.tails.size()));
  writer->Single("varve_tail_entries_dropped_total", "counter",
                 "Log entries left out of tails that are read too slowly.",
                 static_cast<double>(context.tails.dropped_total()));
  writer->Single("prometheus_config_last_reload_successful", "gauge",
                 "Whether the configuration in use is the last one read.", 1);
}

}  // namespace

void AddServerCollectors(ApiContext* context) {
  MetricsRegistry& metrics = *context->metrics;
  metrics.AddAlias("varve_http_requests_total", "prometheus_http_requests_total");
  metrics.AddAlias("varve_http_request_duration_seconds",
                   "prometheus_http_request_duration_seconds");
  metrics.AddAlias("varve_rejected_total", "loki_discarded_samples_total");
  metrics.AddCollector([context](ExpositionWriter* writer) {
    CollectServer(*context, writer);
    CollectProcess(writer);
    if (context->listener != nullptr) CollectHttp(context->listener->stats(), writer);
    if (context->dispatcher != nullptr) CollectPools(*context->dispatcher, writer);
    if (context->ready.load()) CollectStorage(context->database->Stats(), writer);
  });
}

}  // namespace varve::server
