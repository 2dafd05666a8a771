#include <functional>
#include <optional>
#include <utility>

#include "query/engine/query_trace.h"
#include "query/logql/log_vector_source.h"
#include "query/promql/ast_json.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"
#include "query/promql/promql_engine.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "server/query_recorder.h"
#include "server/query_statistics.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

query::PromqlEngine EngineOf(const ApiContext* context) {
  static const query::LogqlVectorSource logs;
  return {context->workers, context->options->query, &logs};
}

// An expression that cannot be parsed is a wrong parameter; what else goes wrong is the execution.
absl::Status QueryError(const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return status;
  return InvalidParameter("query", storage::ToStd(status.message()));
}

using Evaluate = std::function<absl::StatusOr<query::QueryResult>(query::QueryContext*)>;

// `stats=all` has the samples of each step, too; any other text only the sums.
constexpr std::string_view kStatsAll = "all";

void Answer(ApiContext* context, const HttpRequest& request,
            const absl::StatusOr<query::QueryLimits>& limits, uint64_t limit,
            const query::StepGrid& grid, const Evaluate& evaluate, HttpResponse* response) {
  if (!limits.ok()) return AnswerError(limits.status(), response);
  const absl::StatusOr<bool> explain = BoolParameter(request.query, "explain", false);
  if (!explain.ok()) {
    return AnswerError(InvalidParameter("explain", storage::ToStd(explain.status().message())),
                       response);
  }
  const std::string_view stats = request.query.Get("stats");
  const QueryRecorder recorder(context, "promql");
  query::QueryContext query(*limits, context->workers, request.cancelled.get());
  std::optional<query::QueryTrace> trace;
  if (*explain || !stats.empty()) query.set_trace(&trace.emplace(grid.count()));
  absl::StatusOr<query::QueryResult> result = evaluate(&query);
  recorder.Record(result.status(), &query);
  if (!result.ok()) return AnswerError(QueryError(result.status()), response);
  TruncateResult(limit, &*result);
  const auto total_ns = static_cast<int64_t>(recorder.seconds() * 1e9);
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        WritePrometheusResult(*result, &query, json);
        if (!stats.empty()) {
          json->Key("stats");
          WriteQueryStatistics({.trace = *trace,
                                .grid = grid,
                                .peak_samples = query.stats().peak_samples.load(),
                                .queue_ns = request.queue_ns,
                                .total_ns = total_ns,
                                .per_step = stats == kStatsAll},
                               json);
        }
        if (*explain) {
          json->Key("explain");
          WriteQueryPlan(*trace, json);
        }
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
      {*time_ms, *time_ms, 1},
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
      context, request, LimitsFor(request.query, limits), *limit, *grid,
      [&](query::QueryContext* query) {
        return EngineOf(context).Range(*querier, request.query.Get("query"), *grid, query);
      },
      response);
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
  router->Add({methods, "/api/v1/format_query", RouteClass::kQuery, FormatQuery});
  router->Add({methods, "/api/v1/parse_query", RouteClass::kQuery, ParseQuery});
}

}  // namespace varve::server
