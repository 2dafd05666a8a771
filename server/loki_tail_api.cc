// The live tail: lines as they come in, over a WebSocket.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "query/logql/logql_engine.h"
#include "server/loki_api.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "server/tail_hub.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

constexpr int kDelaySecondsMax = 5;

// So long lines wait for others that are older and come later.
absl::StatusOr<std::chrono::seconds> DelayParameter(const QueryParameters& parameters) {
  const std::string_view text = parameters.Get("delay_for");
  if (text.empty()) return std::chrono::seconds(0);
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return absl::InvalidArgumentError(storage::StrCat("cannot read the parameter delay_for: found ",
                                                      storage::Quote(text), ", want seconds"));
  }
  if (seconds > kDelaySecondsMax) {
    return absl::InvalidArgumentError("delay_for can't be greater than 5");
  }
  return std::chrono::seconds(seconds);
}

// The newest lines up to now, oldest first.
absl::StatusOr<query::StreamsResult> ReadHistory(ApiContext* context, const HttpRequest& request) {
  int64_t now_ns = NowMs() * storage::kNanosecondsPerMillisecond;
  // A client's "from now on" is ahead of a clock of milliseconds, or of ours.
  if (const auto start_ns = ParseLokiTimeNs(request.query.Get("start")); start_ns.has_value()) {
    now_ns = std::max(now_ns, *start_ns);
  }
  VARVE_ASSIGN_OR_RETURN(
      const LokiQueryParameters wanted,
      LokiRangeParameters(request.query, now_ns, context->options->query.steps_max));
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const std::unique_ptr<storage::Querier> querier = context->database->NewQuerier();
  VARVE_ASSIGN_OR_RETURN(
      query::QueryResult result,
      query::LogqlEngine().Range(*querier, request.query.Get("query"), wanted.bounds.start_ns,
                                 std::max(now_ns, wanted.bounds.end_ns), wanted.step_ns,
                                 wanted.limit, storage::Direction::kBackward, &query));
  auto streams = std::get<query::StreamsResult>(std::move(result.value));
  for (auto& stream : streams.streams) std::reverse(stream.lines.begin(), stream.lines.end());
  return streams;
}

absl::Status Tail(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  if (!IsWebSocketUpgrade(request)) {
    return absl::InvalidArgumentError("cannot tail without a WebSocket: want an HTTP/1.1 upgrade");
  }
  VARVE_ASSIGN_OR_RETURN(const std::chrono::seconds delay, DelayParameter(request.query));
  VARVE_ASSIGN_OR_RETURN(
      const std::shared_ptr<LogTail> tail,
      context->tails.Open(request.query.Get("query"), WantsCategorizedLabels(request),
                          context->options->tails_max, delay));
  absl::StatusOr<query::StreamsResult> history = ReadHistory(context, request);
  if (!history.ok()) {
    tail->Stop();
    return history.status();
  }
  tail->SetHistory(*std::move(history));
  response->status = 101;
  response->feed = tail;
  return absl::OkStatus();
}

}  // namespace

void AddLokiTailRoutes(ApiContext* context, Router* router) {
  for (const std::string_view path : {"/loki/api/v1/tail", "/api/prom/tail"}) {
    router->Add({{"GET"},
                 std::string(path),
                 RouteClass::kQuery,
                 [context](const HttpRequest& request, HttpResponse* response) {
                   const absl::Status status = Tail(context, request, response);
                   if (!status.ok()) AnswerLokiError(status, response);
                 }});
  }
}

}  // namespace varve::server
