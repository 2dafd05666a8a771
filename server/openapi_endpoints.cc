// The descriptions of endpoints and parameters. One line for each route of the metrics API.
#include <algorithm>

#include "server/openapi.h"

namespace varve::server {
namespace {

using Answer = EndpointDescription::Answer;

constexpr EndpointDescription kEndpoints[] = {
    {"/api/v1/query", "query", "Evaluate an expression at one moment",
     "query! time timeout limit lookback_delta stats explain"},
    {"/api/v1/query_range", "query", "Evaluate an expression at every step of a range of time",
     "query! start! end! step! timeout limit lookback_delta stats explain"},
    {"/api/v1/query_exemplars", "query", "Exemplars of the series an expression reads",
     "query! start end", Answer::kJsonOrNothing},
    {"/api/v1/format_query", "query", "Lay an expression out over lines", "query!"},
    {"/api/v1/parse_query", "query", "The syntax tree of an expression", "query!"},
    {"/api/v1/series", "metadata", "Series that match selectors", "match[]! start end limit"},
    {"/api/v1/labels", "metadata", "Names of labels", "match[] start end limit"},
    {"/api/v1/label/{name}/values", "metadata", "Values of a label",
     "name! match[] start end limit"},
    {"/api/v1/metadata", "metadata", "Type, unit and help of metrics",
     "metric limit limit_per_metric"},
    {"/api/v1/rules", "discovery", "Alerting and recording rules",
     "type match[] exclude_alerts group_limit group_next_token"},
    {"/api/v1/alerts", "discovery", "Alerts that are firing", ""},
    {"/api/v1/alertmanagers", "discovery", "Alertmanagers that are told of alerts", ""},
    {"/api/v1/targets", "discovery", "Targets that are scraped", "state scrapePool"},
    {"/api/v1/targets/metadata", "discovery", "Metadata of the metrics of targets",
     "match_target metric limit"},
    {"/api/v1/scrape_pools", "discovery", "Names of scrape pools", ""},
    {"/api/v1/status/buildinfo", "status", "What this build is", ""},
    {"/api/v1/status/runtimeinfo", "status", "The state of this process", ""},
    {"/api/v1/status/flags", "status", "Flags and their values", ""},
    {"/api/v1/status/config", "status", "The configuration file that is loaded", ""},
    {"/api/v1/status/tsdb", "status", "Cardinality of recent series", "top_limit"},
    {"/api/v1/status/tsdb/blocks", "status", "The parts on disk", ""},
    {"/api/v1/status/walreplay", "status", "Progress of the replay of the write-ahead log", ""},
    {"/api/v1/status/self_metrics", "status", "The server's own metrics", "metric_name_pattern"},
    {"/api/v1/features", "status", "What the server can do", ""},
    {"/api/v1/notifications", "status", "What an operator should know", ""},
    {"/api/v1/notifications/live", "status", "The same as they come up", "", Answer::kNothing},
    {"/api/v1/openapi.yaml", "status", "This description", "openapi_version", Answer::kYaml},
    {"/api/v1/admin/tsdb/delete_series", "admin", "Delete samples of series", "match[]! start end",
     Answer::kNothing},
    {"/api/v1/admin/tsdb/clean_tombstones", "admin", "Remove deleted samples from disk", "",
     Answer::kNothing},
    {"/api/v1/admin/tsdb/snapshot", "admin", "Write all data into a folder of its own",
     "skip_head"},
    {"/api/v1/admin/tsdb/flush", "admin", "Write recent data into parts", "", Answer::kNothing},
    {"/api/v1/admin/tsdb/compact", "admin", "Merge the parts of each day", "", Answer::kNothing},
    {"/api/v1/write", "write", "Store samples sent by remote write", "", Answer::kNothing},
    {"/api/v1/push", "write", "The same at the path that Cortex has", "", Answer::kNothing},
    {"/api/v1/import/prometheus", "write", "Store samples sent as text", "timestamp extra_label",
     Answer::kNothing},
    {"/api/v1/search/metric_names", "metadata", "Metric names that match what was typed",
     "search[] match[] start end fuzz_threshold fuzz_alg case_sensitive sort_by sort_dir "
     "include_score include_metadata limit batch_size",
     Answer::kJsonLines},
    {"/api/v1/search/label_names", "metadata", "Label names that match what was typed",
     "search[] match[] start end fuzz_threshold fuzz_alg case_sensitive sort_by sort_dir "
     "include_score limit batch_size",
     Answer::kJsonLines},
    {"/api/v1/search/label_values", "metadata", "Values of a label that match what was typed",
     "label! search[] match[] start end fuzz_threshold fuzz_alg case_sensitive sort_by sort_dir "
     "include_score limit batch_size",
     Answer::kJsonLines},
    {"/api/v1/read", "query", "Series for another Prometheus, by remote read", "",
     Answer::kNothing},
    {"/api/v1/export/logs", "query", "Log entries as lines of JSON, without loss, page by page",
     "query! start end page", Answer::kJsonLines},
    {"/federate", "query", "The newest samples of series, as text", "match[]", Answer::kText},
    {"/-/healthy", "operation", "Whether the process answers", "", Answer::kText},
    {"/-/ready", "operation", "Whether queries and writes are answered", "", Answer::kText},
    {"/-/reload", "operation", "Read the configuration again", "", Answer::kNothing},
    {"/-/quit", "operation", "Stop the server", "", Answer::kText},
    {"/metrics", "operation", "The server's own metrics as text", "", Answer::kText},
    {"/version", "operation", "What this build is", ""},
};

constexpr std::string_view kText = "{type: string}";
constexpr std::string_view kTexts = "{type: array, items: {type: string}}";
constexpr std::string_view kTime = "{$ref: '#/components/schemas/Time'}";
constexpr std::string_view kDuration = "{$ref: '#/components/schemas/Duration'}";
constexpr std::string_view kCount = "{type: integer, minimum: 0}";
constexpr std::string_view kBoolean = "{type: boolean}";

constexpr ParameterDescription kParameters[] = {
    {"query", kText, "An expression in PromQL; of an export of logs, a selector of streams."},
    {"time", kTime, "When to evaluate; now where it is absent."},
    {"start", kTime, "Begin of the range."},
    {"end", kTime, "End of the range, included."},
    {"step", kDuration, "Time between two steps."},
    {"timeout", kDuration, "The longest the query may take; --query.timeout caps it."},
    {"limit", kCount, "The most series or texts to answer; 0 for all."},
    {"lookback_delta", kDuration, "How far an instant selector looks back for a sample."},
    {"stats", kText, "Answer statistics of the query; `all` with those of each step."},
    {"explain", kBoolean, "Answer the plan with what each operator took."},
    {"match[]", kTexts, "Selectors of series; any of them has to match."},
    {"name", kText, "The label; U__ in front where characters are escaped."},
    {"metric", kText, "Only of this metric."},
    {"limit_per_metric", kCount, "The most entries of one metric."},
    {"type", "{type: string, enum: [alert, record]}", "Only rules of this kind."},
    {"exclude_alerts", kBoolean, "Leave the alerts of rules out."},
    {"group_limit", kCount, "The most groups in one answer."},
    {"group_next_token", kText, "Where the last answer ended."},
    {"state", "{type: string, enum: [active, dropped, any]}", "Only targets in this state."},
    {"scrapePool", kText, "Only targets of this pool."},
    {"match_target", kText, "A selector of targets by their labels."},
    {"top_limit", "{type: integer, minimum: 1, maximum: 10000}", "The length of each list."},
    {"metric_name_pattern", kText, "A regular expression of the names wanted."},
    {"openapi_version", "{type: string, enum: ['3.1', '3.2']}", "The version of the format."},
    {"search[]", kTexts, "What was typed; names that match any of them."},
    {"fuzz_threshold", "{type: integer, minimum: 0, maximum: 100}", "The least score, in percent."},
    {"fuzz_alg", "{type: string, enum: [subsequence, jarowinkler]}", "How names are compared."},
    {"case_sensitive", kBoolean, "Whether the case of letters counts, as it does by default."},
    {"sort_by", "{type: string, enum: [alpha, score]}", "The order of the names."},
    {"sort_dir", "{type: string, enum: [asc, dsc]}", "Its direction."},
    {"include_score", kBoolean, "Answer the score of each name."},
    {"include_metadata", kBoolean, "Answer type, help and unit of each metric."},
    {"batch_size", kCount, "Names on one line of the answer."},
    {"label", kText, "The label whose values are wanted."},
    {"timestamp", kCount, "Time of samples that have none, in milliseconds."},
    {"extra_label", kTexts, "name=value, a label that all samples get."},
    {"page", kText, "The `next` that the page before ended with."},
    {"skip_head", kBoolean, "Leave out what is not in parts yet."},
};

}  // namespace

std::span<const EndpointDescription> EndpointDescriptions() { return kEndpoints; }

const ParameterDescription* FindParameter(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kParameters), std::end(kParameters),
                   [&](const ParameterDescription& known) { return known.name == name; });
  return found == std::end(kParameters) ? nullptr : found;
}

}  // namespace varve::server
