#include "query/engine/query_features.h"

#include <algorithm>
#include <iterator>

namespace varve::query {
namespace {

// Always on, or of a part of Prometheus that has no counterpart to be turned on.
constexpr std::string_view kAlwaysOn[] = {
    "auto-gomaxprocs",
    "auto-gomemlimit",
    "auto-reload-config",
    "concurrent-rule-eval",
    "created-timestamp-zero-ingestion",
    "delayed-compaction",
    "exemplar-storage",
    "expand-external-labels",
    "extra-scrape-metrics",
    "memory-snapshot-on-shutdown",
    "metadata-wal-records",
    "native-histograms",
    "old-ui",
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "otlp-write-receiver",
    "promql-at-modifier",
    "promql-binop-fill-modifiers",
    "promql-duration-expr",
    "promql-experimental-functions",
    "promql-extended-range-selectors",
    "promql-negative-offset",
    "promql-per-step-stats",
    "remote-write-receiver",
    "st-storage",
    "st-synthesis",
    "xor2-encoding",
};

}  // namespace

bool EnableFeature(std::string_view name, QueryFeatures* features) {
  if (name == "promql-delayed-name-removal") {
    features->delayed_name_removal = true;
  } else if (name == "type-and-unit-labels") {
    features->type_and_unit_labels = true;
  } else if (name == "use-start-timestamps") {
    features->use_start_timestamps = true;
  } else {
    return std::find(std::begin(kAlwaysOn), std::end(kAlwaysOn), name) != std::end(kAlwaysOn);
  }
  return true;
}

}  // namespace varve::query
