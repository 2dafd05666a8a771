// What the lines of streams look like, counted over time.
#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "query/logql/log_patterns.h"
#include "query/logql/parser.h"
#include "server/loki_api.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

// Real services have a few hundred patterns; more than these nobody looks through.
constexpr size_t kPatternsMax = 300;

// The selector of a log query; its stages, which explorers send along, do not change what lines
// look like and are not applied, as in Loki.
absl::StatusOr<std::vector<storage::Matcher>> MatchersOf(std::string_view text) {
  const absl::StatusOr<query::LogqlExpr> parsed = query::ParseLogql(text);
  if (!parsed.ok()) return parsed.status();
  const auto* log = std::get_if<query::LogExpr>(&*parsed);
  if (log == nullptr) return absl::InvalidArgumentError("only log selector is supported");
  return log->matchers;
}

void WritePatterns(const std::vector<query::LogPatternCount>& patterns, JsonWriter* json) {
  json->BeginArray();
  for (const query::LogPatternCount& pattern : patterns) {
    json->BeginObject();
    json->Key("pattern");
    json->String(pattern.text);
    json->Key("level");
    json->String(pattern.level);
    json->Key("samples");
    json->BeginArray();
    for (const auto& [step_ns, lines] : pattern.steps) {
      json->BeginArray();
      json->Int(step_ns / storage::kNanosecondsPerSecond);
      json->Uint(lines);
      json->EndArray();
    }
    json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

absl::Status AnswerPatterns(ApiContext* context, const HttpRequest& request,
                            HttpResponse* response) {
  const int64_t now_ns = NowMs() * storage::kNanosecondsPerMillisecond;
  VARVE_ASSIGN_OR_RETURN(
      const LokiQueryParameters wanted,
      LokiRangeParameters(request.query, now_ns, context->options->query.steps_max));
  VARVE_ASSIGN_OR_RETURN(const std::vector<storage::Matcher> matchers,
                         MatchersOf(request.query.Get("query")));
  query::LogPatternQuery patterns_wanted;
  patterns_wanted.range_ns = {wanted.bounds.start_ns, wanted.bounds.end_ns};
  // Answers are in whole seconds.
  patterns_wanted.step_ns = std::max<int64_t>(
      wanted.step_ns / storage::kNanosecondsPerSecond * storage::kNanosecondsPerSecond,
      storage::kNanosecondsPerSecond);
  patterns_wanted.limit = kPatternsMax;
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  VARVE_ASSIGN_OR_RETURN(const std::vector<query::LogPatternCount> patterns,
                         query::FindLogPatterns(*querier, matchers, patterns_wanted, &query));
  response->content_type = "application/json; charset=UTF-8";
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  json.Key("data");
  WritePatterns(patterns, &json);
  json.EndObject();
  return absl::OkStatus();
}

}  // namespace

void AddLokiPatternRoutes(ApiContext* context, Router* router) {
  router->Add({{"GET", "POST"},
               "/loki/api/v1/patterns",
               RouteClass::kQuery,
               [context](const HttpRequest& request, HttpResponse* response) {
                 const absl::Status status = AnswerPatterns(context, request, response);
                 if (!status.ok()) AnswerLokiError(status, response);
               }});
}

}  // namespace varve::server
