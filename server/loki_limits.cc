#include "server/loki_limits.h"

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "query/engine/number_format.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using Value = std::variant<bool, uint64_t, std::string>;
using Limits = std::vector<std::pair<std::string_view, Value>>;

std::string DurationText(int64_t milliseconds) {
  std::string text;
  query::AppendPromDuration(milliseconds, &text);
  return text;
}

std::string_view DeletionMode(const ServerOptions& options) {
  if (!options.allow_log_deletes) return "disabled";
  return options.storage.keep_deleted_entries ? "filter-only" : "filter-and-delete";
}

// Where Loki's 0 means no limit, so does ours.
Limits LimitsOf(const ServerOptions& options) {
  constexpr uint64_t kMegabyte = 1 << 20;
  const LogQueryLimits& queries = options.log_queries;
  return {
      {"ingestion_rate_mb", options.ingestion_rate_bytes / kMegabyte},
      {"ingestion_burst_size_mb", options.ingestion_burst_bytes / kMegabyte},
      {"max_line_size", uint64_t{options.push.line_bytes_max}},
      {"max_line_size_truncate", options.push.truncate_lines},
      {"max_label_names_per_series", uint64_t{options.push.stream_labels_max}},
      {"max_label_name_length", uint64_t{options.push.label_name_bytes_max}},
      {"max_label_value_length", uint64_t{options.push.label_value_bytes_max}},
      {"allow_structured_metadata", true},
      {"max_structured_metadata_size", uint64_t{options.push.metadata_bytes_max}},
      {"max_structured_metadata_entries_count", uint64_t{options.push.metadata_labels_max}},
      {"discover_log_levels", options.discover_level},
      {"reject_old_samples", options.storage.retention_ms > 0},
      {"reject_old_samples_max_age", DurationText(options.storage.retention_ms)},
      {"creation_grace_period", DurationText(options.storage.future_max_ms)},
      {"max_global_streams_per_user", options.storage.streams_max},
      {"max_entries_limit_per_query", options.query.entries_max},
      {"max_query_series", queries.series_max},
      {"max_query_lookback", DurationText(queries.lookback_ms)},
      {"max_query_length", DurationText(queries.length_ms)},
      {"max_query_range", DurationText(queries.range_ms)},
      {"max_streams_matchers_per_query", queries.matchers_max},
      {"max_query_bytes_read", options.query.log_bytes_max},
      {"query_timeout", DurationText(options.query.timeout_ms)},
      {"max_concurrent_tail_requests", uint64_t{options.tails_max}},
      {"volume_enabled", true},
      {"volume_max_series", uint64_t{1000}},
      {"pattern_persistence_enabled", true},
      {"metric_aggregation_enabled", false},
      {"retention_period", DurationText(options.storage.retention_ms)},
      {"deletion_mode", std::string(DeletionMode(options))},
  };
}

}  // namespace

void WriteLokiLimitsJson(const ServerOptions& options, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : LimitsOf(options)) {
    json->Key(name);
    if (const auto* text = std::get_if<std::string>(&value)) {
      json->String(*text);
    } else if (const auto* on = std::get_if<bool>(&value)) {
      json->Bool(*on);
    } else {
      json->Uint(std::get<uint64_t>(value));
    }
  }
  json->EndObject();
}

std::string LokiLimitsYaml(const ServerOptions& options, std::string_view indent) {
  std::string yaml;
  for (const auto& [name, value] : LimitsOf(options)) {
    storage::StrAppend(&yaml, indent, name, ": ");
    if (const auto* text = std::get_if<std::string>(&value)) {
      storage::StrAppend(&yaml, *text, "\n");
    } else if (const auto* on = std::get_if<bool>(&value)) {
      storage::StrAppend(&yaml, *on ? "true" : "false", "\n");
    } else {
      storage::StrAppend(&yaml, std::get<uint64_t>(value), "\n");
    }
  }
  return yaml;
}

}  // namespace varve::server
