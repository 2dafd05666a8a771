// /api/v1/search/{metric_names,label_names,label_values}: names that match what somebody typed, in
// batches of one JSON object on a line, and a line that says how it ended.
#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/search_request.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::Matcher;
using storage::Querier;

using ListNames = std::function<absl::StatusOr<std::vector<std::string>>(
    const Querier& querier, const std::vector<Matcher>& matchers, storage::TimeRange range_ms)>;

// The names of all selectors, each once, sorted.
absl::StatusOr<std::vector<std::string>> AllNames(const Querier& querier,
                                                  const SearchRequest& request,
                                                  const ListNames& list) {
  if (request.selectors.empty()) return list(querier, {}, request.range_ms);
  std::set<std::string> merged;
  for (const std::vector<Matcher>& matchers : request.selectors) {
    VARVE_ASSIGN_OR_RETURN(std::vector<std::string> names,
                           list(querier, matchers, request.range_ms));
    merged.insert(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
  }
  return std::vector<std::string>(merged.begin(), merged.end());
}

void WriteMetadata(ApiContext* context, const std::string& name, JsonWriter* json) {
  const auto families = context->metadata.List(name, 0);
  if (families.empty() || families[0].second.empty()) return;
  const auto& description = families[0].second.front();
  const std::pair<std::string_view, std::string_view> texts[] = {
      {"type", description.type}, {"help", description.help}, {"unit", description.unit}};
  for (const auto& [key, text] : texts) {
    if (text.empty()) continue;
    json->Key(key);
    json->String(text);
  }
}

// {"results":[{"name":"up","score":1},..]}, one line for each batch, at least one.
void WriteBatches(ApiContext* context, const SearchRequest& request,
                  const std::vector<FoundName>& found, std::string* out) {
  size_t next = 0;
  do {
    JsonWriter json(out);
    json.BeginObject();
    json.Key("results");
    json.BeginArray();
    const size_t end = std::min<size_t>(found.size(), next + request.batch_size);
    for (; next < end; ++next) {
      json.BeginObject();
      json.Key("name");
      json.String(found[next].name);
      if (request.include_score) {
        json.Key("score");
        json.Double(found[next].score);
      }
      if (request.include_metadata) WriteMetadata(context, found[next].name, &json);
      json.EndObject();
    }
    json.EndArray();
    json.EndObject();
    out->push_back('\n');
  } while (next < found.size());
}

void Search(ApiContext* context, std::string_view endpoint, const ListNames& list,
            const HttpRequest& request, HttpResponse* response) {
  absl::StatusOr<SearchRequest> wanted = ReadSearchRequest(request.query, endpoint, NowMs());
  if (!wanted.ok()) return AnswerError(wanted.status(), response);
  if (endpoint != "metric_names") wanted->include_metadata = false;
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  absl::StatusOr<std::vector<std::string>> names = AllNames(*querier, *wanted, list);
  if (!names.ok()) return AnswerError(names.status(), response);
  bool has_more = false;
  const std::vector<FoundName> found = FindNames(*wanted, *std::move(names), &has_more);
  response->content_type = "application/x-ndjson; charset=utf-8";
  WriteBatches(context, *wanted, found, &response->body);
  response->body += has_more ? "{\"status\":\"success\",\"has_more\":true}\n"
                             : "{\"status\":\"success\",\"has_more\":false}\n";
}

}  // namespace

void AddSearchRoutes(ApiContext* context, Router* router) {
  const std::vector<std::string> methods = {"GET", "POST"};
  router->Add({methods, "/api/v1/search/metric_names", RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 Search(
                     context, "metric_names",
                     [](const Querier& querier, const auto& matchers, storage::TimeRange range_ms) {
                       return querier.MetricLabelValues(storage::kMetricNameLabel, matchers,
                                                        range_ms);
                     },
                     request, response);
               }});
  router->Add({methods, "/api/v1/search/label_names", RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 Search(
                     context, "label_names",
                     [](const Querier& querier, const auto& matchers, storage::TimeRange range_ms) {
                       return querier.MetricLabelNames(matchers, range_ms);
                     },
                     request, response);
               }});
  router->Add(
      {methods, "/api/v1/search/label_values", RouteClass::kQuery,
       [context](const HttpRequest& request, HttpResponse* response) {
         const std::string label(request.query.Get("label"));
         if (label.empty()) {
           return AnswerError(400, "bad_data", "missing required parameter \"label\"", response);
         }
         Search(
             context, "label_values",
             [&](const Querier& querier, const auto& matchers, storage::TimeRange range_ms) {
               return querier.MetricLabelValues(label, matchers, range_ms);
             },
             request, response);
       }});
}

}  // namespace varve::server
