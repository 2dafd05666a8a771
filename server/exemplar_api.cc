// /api/v1/query_exemplars: the exemplars of the series an expression selects.
#include <map>
#include <memory>
#include <utility>

#include "query/engine/number_format.h"
#include "query/promql/parser.h"
#include "query/promql/selector_list.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::Exemplar;
using storage::SeriesExemplars;
using storage::TimeRange;

// {"labels":{..},"value":"1.5","timestamp":1600096945.479}
void WriteExemplar(const Exemplar& exemplar, JsonWriter* json) {
  json->BeginObject();
  json->Key("labels");
  json->PlainLabels(exemplar.labels);
  json->Key("value");
  std::string value;
  query::AppendJsonFloat(exemplar.value, &value);
  json->String(value);
  json->Key("timestamp");
  std::string seconds;
  query::AppendTimestampSeconds(exemplar.timestamp_ms, false, &seconds);
  json->Raw(seconds);
  json->EndObject();
}

// Start and end are whatever their senders make of them: the probe of Grafana sends milliseconds,
// which are the year 57000.
absl::StatusOr<TimeRange> ReadRange(const QueryParameters& parameters) {
  VARVE_ASSIGN_OR_RETURN(const TimeRange range_ms, RangeParameterMs(parameters));
  if (range_ms.empty()) {
    return absl::InvalidArgumentError("end timestamp must not be before start timestamp");
  }
  return range_ms;
}

// The series of all selectors, each once, sorted.
absl::StatusOr<std::vector<SeriesExemplars>> Select(ApiContext* context, const Selectors& selectors,
                                                    TimeRange range_ms,
                                                    query::QueryContext* query) {
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  std::map<storage::LabelSet, SeriesExemplars> merged;
  for (const std::vector<storage::Matcher>& matchers : selectors) {
    VARVE_RETURN_IF_ERROR(query->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(std::vector<SeriesExemplars> selected,
                           querier->SelectExemplars(matchers, range_ms));
    for (SeriesExemplars& series : selected) {
      storage::LabelSet labels = series.labels;
      merged.try_emplace(std::move(labels), std::move(series));
    }
    VARVE_RETURN_IF_ERROR(query->ChargeSeries(selected.size()));
  }
  std::vector<SeriesExemplars> all;
  all.reserve(merged.size());
  for (auto& [labels, series] : merged) all.push_back(std::move(series));
  return all;
}

void QueryExemplars(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<TimeRange> range_ms = ReadRange(request.query);
  if (!range_ms.ok()) return AnswerError(range_ms.status(), response);
  const absl::StatusOr<query::ExprPtr> expr = query::ParseExpression(request.query.Get("query"));
  if (!expr.ok()) return AnswerError(expr.status(), response);
  const Selectors selectors = query::SelectorsOf(**expr);
  if (selectors.empty()) {
    response->status = 204;
    return;
  }
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const absl::StatusOr<std::vector<SeriesExemplars>> selected =
      Select(context, selectors, *range_ms, &query);
  if (!selected.ok()) return AnswerError(selected.status(), response);
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginArray();
        for (const SeriesExemplars& series : *selected) {
          json->BeginObject();
          json->Key("seriesLabels");
          json->PlainLabels(series.labels);
          json->Key("exemplars");
          json->BeginArray();
          for (const Exemplar& exemplar : series.exemplars) WriteExemplar(exemplar, json);
          json->EndArray();
          json->EndObject();
        }
        json->EndArray();
      },
      {}, {}, response);
}

}  // namespace

void AddExemplarRoutes(ApiContext* context, Router* router) {
  router->Add({{"GET", "POST"},
               "/api/v1/query_exemplars",
               RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 QueryExemplars(context, request, response);
               }});
}

}  // namespace varve::server
