#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "query/logql/log_query.h"
#include "query/logql/mixed_engine.h"
#include "query/logql/parser.h"
#include "query/logql/printer.h"
#include "server/log_query_limits.h"
#include "server/loki_api.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "server/query_recorder.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using query::QueryContext;
using query::QueryResult;
using storage::Querier;

int64_t NowNs() { return NowMs() * storage::kNanosecondsPerMillisecond; }

using Evaluate = std::function<absl::StatusOr<QueryResult>(const Querier&, QueryContext*)>;

void AnswerOverLimit(ApiContext* context, const absl::Status& status, HttpResponse* response) {
  context->metrics
      ->FindCounter("varve_log_queries_refused_total", "Log queries over a limit of queries.", {})
      ->Add(1);
  AnswerLokiError(status, response);
}

void Answer(ApiContext* context, const HttpRequest& request, const Evaluate& evaluate,
            HttpResponse* response) {
  query::QueryLimits limits = context->options->query;
  // The limit is on intervals between points, as Loki counts.
  limits.steps_max += 1;
  const LogQueryLimits& log_limits = context->options->log_queries;
  const absl::Status allowed = CheckQueryText(log_limits, request.query.Get("query"));
  if (!allowed.ok()) return AnswerOverLimit(context, allowed, response);
  const QueryRecorder recorder(context, "logql");
  QueryContext query(limits, context->workers, request.cancelled.get());
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  absl::StatusOr<QueryResult> result = evaluate(*querier, &query);
  recorder.Record(result.status(), &query);
  if (!result.ok()) return AnswerLokiError(result.status(), response);
  const absl::Status small = CheckResult(log_limits, *result);
  if (!small.ok()) return AnswerOverLimit(context, small, response);
  const LokiStats stats = {query.stats().entries.load(), query.stats().entry_bytes.load(),
                           recorder.seconds()};
  AnswerLokiResult(*std::move(result), WantsCategorizedLabels(request), stats, response);
}

void InstantQuery(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<LokiQueryParameters> wanted = LokiInstantParameters(request.query, NowNs());
  if (!wanted.ok()) return AnswerLokiError(wanted.status(), response);
  Answer(
      context, request,
      [&](const Querier& querier, QueryContext* query) {
        return query::MixedEngine().Instant(querier, request.query.Get("query"),
                                            wanted->bounds.start_ns, wanted->limit,
                                            wanted->direction, query);
      },
      response);
}

// The empty answer that the query would have.
void AnswerNothing(const HttpRequest& request, HttpResponse* response) {
  QueryResult result;
  const absl::StatusOr<query::LogqlExpr> parsed = query::ParseLogql(request.query.Get("query"));
  if (parsed.ok() && std::holds_alternative<query::LogExpr>(*parsed)) {
    result.value = query::StreamsResult();
  } else {
    result.value = query::MatrixResult();
  }
  AnswerLokiResult(std::move(result), WantsCategorizedLabels(request), {}, response);
}

void RangeQuery(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  absl::StatusOr<LokiQueryParameters> wanted =
      LokiRangeParameters(request.query, NowNs(), context->options->query.steps_max);
  if (!wanted.ok()) return AnswerLokiError(wanted.status(), response);
  const absl::StatusOr<bool> in_reach =
      LimitRange(context->options->log_queries, NowNs(), &wanted->bounds);
  if (!in_reach.ok()) return AnswerOverLimit(context, in_reach.status(), response);
  if (!*in_reach) return AnswerNothing(request, response);
  Answer(
      context, request,
      [&](const Querier& querier, QueryContext* query) {
        absl::StatusOr<QueryResult> result = query::MixedEngine().Range(
            querier, request.query.Get("query"), wanted->bounds.start_ns, wanted->bounds.end_ns,
            wanted->step_ns, wanted->limit, wanted->direction, query, wanted->context_lines);
        if (!result.ok()) return result;
        if (auto* streams = std::get_if<query::StreamsResult>(&result->value)) {
          *streams = query::ThinLines(std::move(*streams), wanted->interval_ns, wanted->direction);
        }
        return result;
      },
      response);
}

void FormatQuery(const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<query::LogqlExpr> parsed = query::ParseLogql(request.query.Get("query"));
  if (!parsed.ok()) return AnswerLokiError(parsed.status(), response);
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  json.Key("data");
  json.String(query::PrintLogql(*parsed));
  json.EndObject();
}

}  // namespace

void AddLokiQueryRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  const std::vector<std::string> methods = {"GET", "POST"};
  router->Add({methods, "/loki/api/v1/query", RouteClass::kQuery, bind(InstantQuery)});
  router->Add({methods, "/loki/api/v1/query_range", RouteClass::kQuery, bind(RangeQuery)});
  router->Add({methods, "/loki/api/v1/format_query", RouteClass::kQuery, FormatQuery});
}

}  // namespace varve::server
