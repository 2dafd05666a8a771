#include "server/configuration_yaml.h"

#include "query/engine/number_format.h"
#include "server/quantity_text.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"

namespace varve::server {
namespace {

using storage::StrAppend;

// Samples of any age are taken where everything is kept; Prometheus needs a number.
constexpr int64_t kAnyAgeMs = 100LL * 365 * storage::kMillisecondsPerDay;

std::string DurationText(int64_t milliseconds) {
  std::string text;
  query::AppendPromDuration(milliseconds, &text);
  return text;
}

}  // namespace

std::string ConfigurationYaml(const ServerOptions& options) {
  const storage::StorageOptions& storage = options.storage;
  std::string yaml;
  // What `[1h:]` steps by.
  StrAppend(&yaml,
            "global:\n"
            "  evaluation_interval: ",
            DurationText(options.query.subquery_step_ms), "\n");
  StrAppend(&yaml,
            "storage:\n"
            "  tsdb:\n"
            "    out_of_order_time_window: ",
            DurationText(storage.retention_ms > 0 ? storage.retention_ms : kAnyAgeMs), "\n");
  if (storage.retention_ms > 0 || storage.retention_bytes > 0) yaml += "    retention:\n";
  if (storage.retention_ms > 0) {
    StrAppend(&yaml, "      time: ", DurationText(storage.retention_ms), "\n");
  }
  if (storage.retention_bytes > 0) {
    StrAppend(&yaml, "      size: ", ByteSizeText(storage.retention_bytes), "\n");
  }
  return yaml;
}

std::string RetentionText(const storage::StorageOptions& options) {
  std::string text;
  if (options.retention_ms > 0) text = DurationText(options.retention_ms);
  if (options.retention_bytes > 0) {
    StrAppend(&text, text.empty() ? "" : " or ", ByteSizeText(options.retention_bytes));
  }
  return text;
}

}  // namespace varve::server
