#include <algorithm>
#include <utility>

#include "query/promql/ast_json.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"
#include "query/promql/promql_engine.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "server/query_recorder.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

query::PromqlEngine EngineOf(const ApiContext* context) {
  return {context->workers, context->options->query};
}

// An expression that cannot be parsed is a wrong parameter; what else goes wrong is the execution.
absl::Status QueryError(const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return status;
  return InvalidParameter("query", storage::ToStd(status.message()));
}

void WriteStats(query::QueryContext* query, double seconds, JsonWriter* json) {
  json->Key("stats");
  json->BeginObject();
  json->Key("timings");
  json->BeginObject();
  for (const std::string_view name : {"evalTotalTime", "resultSortTime", "queryPreparationTime",
                                      "innerEvalTime", "execQueueTime", "execTotalTime"}) {
    // Parsing, sorting and waiting are not timed apart.
    const bool apart =
        name == "resultSortTime" || name == "queryPreparationTime" || name == "execQueueTime";
    json->Key(name);
    json->Double(apart ? 0 : seconds);
  }
  json->EndObject();
  json->Key("samples");
  json->BeginObject();
  json->Key("totalQueryableSamples");
  json->Uint(query->stats().samples.load());
  json->Key("peakSamples");
  json->Uint(query->stats().peak_samples.load());
  json->EndObject();
  json->EndObject();
}

void Answer(ApiContext* context, const HttpRequest& request,
            const absl::StatusOr<query::QueryLimits>& limits, uint64_t limit,
            const std::function<absl::StatusOr<query::QueryResult>(query::QueryContext*)>& evaluate,
            HttpResponse* response) {
  if (!limits.ok()) {
    AnswerError(limits.status(), response);
    return;
  }
  const QueryRecorder recorder(context, "promql");
  query::QueryContext query(*limits, context->workers, request.cancelled.get());
  absl::StatusOr<query::QueryResult> result = evaluate(&query);
  recorder.Record(result.status(), &query);
  if (!result.ok()) {
    AnswerError(QueryError(result.status()), response);
    return;
  }
  TruncateResult(limit, &*result);
  const double seconds = recorder.seconds();
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        WritePrometheusResult(*result, &query, json);
        if (!request.query.Get("stats").empty()) WriteStats(&query, seconds, json);
        json->EndObject();
      },
      result->warnings, result->infos, response);
}

void InstantQuery(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<uint64_t> limit = LimitParameter(request.query);
  if (!limit.ok()) return AnswerError(limit.status(), response);
  const absl::StatusOr<int64_t> time_ms = TimeParameterMs(request.query, "time", NowMs());
  if (!time_ms.ok()) return AnswerError(time_ms.status(), response);
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  Answer(
      context, request, LimitsFor(request.query, context->options->query), *limit,
      [&](query::QueryContext* query) {
        return EngineOf(context).Instant(*querier, request.query.Get("query"), *time_ms, query);
      },
      response);
}

void RangeQuery(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<uint64_t> limit = LimitParameter(request.query);
  if (!limit.ok()) return AnswerError(limit.status(), response);
  const absl::StatusOr<query::StepGrid> grid =
      GridParameters(request.query, context->options->query.steps_max);
  if (!grid.ok()) return AnswerError(grid.status(), response);
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  query::QueryLimits limits = context->options->query;
  limits.steps_max += 1;  // the limit is on intervals between points
  Answer(
      context, request, LimitsFor(request.query, limits), *limit,
      [&](query::QueryContext* query) {
        return EngineOf(context).Range(*querier, request.query.Get("query"), *grid, query);
      },
      response);
}

// Exemplars are not stored, so no series has one. The times are not read: Grafana's probe sends
// milliseconds here.
void QueryExemplars(const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<query::ExprPtr> parsed = query::ParseExpression(request.query.Get("query"));
  if (!parsed.ok()) return AnswerError(QueryError(parsed.status()), response);
  AnswerTexts({}, 0, response);
}

void FormatQuery(const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<query::ExprPtr> parsed = query::ParseExpression(request.query.Get("query"));
  if (!parsed.ok()) return AnswerError(QueryError(parsed.status()), response);
  const std::string text = query::PrettyExpression(**parsed);
  AnswerSuccess([&](JsonWriter* json) { json->String(text); }, {}, {}, response);
}

void ParseQuery(const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<query::ExprPtr> parsed = query::ParseExpression(request.query.Get("query"));
  if (!parsed.ok()) return AnswerError(QueryError(parsed.status()), response);
  const std::string tree = query::ExpressionJson(**parsed);
  AnswerSuccess([&](JsonWriter* json) { json->Raw(tree); }, {}, {}, response);
}

}  // namespace

void AddPrometheusQueryRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  const std::vector<std::string> methods = {"GET", "POST"};
  router->Add({methods, "/api/v1/query", RouteClass::kQuery, bind(InstantQuery)});
  router->Add({methods, "/api/v1/query_range", RouteClass::kQuery, bind(RangeQuery)});
  router->Add({methods, "/api/v1/query_exemplars", RouteClass::kQuery, QueryExemplars});
  router->Add({methods, "/api/v1/format_query", RouteClass::kQuery, FormatQuery});
  router->Add({methods, "/api/v1/parse_query", RouteClass::kQuery, ParseQuery});
}

}  // namespace varve::server
