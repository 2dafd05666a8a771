#include "server/dispatcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/http/gzip_writer.h"
#include "server/prometheus_json.h"
#include "server/unmatched_request.h"

namespace varve::server {
namespace {

using std::chrono::steady_clock;

// A form body belongs in the parameters; it is longer than a URL but never a batch of data.
constexpr size_t kFormBytesMax = 10 << 20;

bool IsForm(const HttpRequest& request) {
  std::string_view type = request.Header("content-type");
  type = type.substr(0, std::min(type.find(';'), type.size()));
  return EqualsIgnoreCase(TrimBlanks(type), "application/x-www-form-urlencoded");
}

// 503 in the form of the API that was asked: Grafana reads JSON where it asks Prometheus.
HttpResponse Unavailable(const HttpRequest& request, std::string_view reason) {
  if (!request.path.starts_with("/api/v1/")) {
    return PlainTextResponse(503, std::string(reason) + "\n");
  }
  HttpResponse response;
  AnswerError(503, "unavailable", reason, &response);
  return response;
}

// What the body's form adds to the parameters of the URL. The form comes first, as in Go.
absl::Status MergeForm(HttpRequest* request) {
  if (request->method != "POST" || !IsForm(*request) || request->body.empty()) {
    return absl::OkStatus();
  }
  if (request->body.size() > kFormBytesMax) {
    return absl::InvalidArgumentError("http: request body too large");
  }
  QueryParameters merged;
  const absl::Status status = merged.Parse(request->body);
  if (!status.ok()) return status;
  merged.AddAll(request->query);
  request->query = std::move(merged);
  return absl::OkStatus();
}

// Prometheus reads the parameters that are left and, where it does not, says so in the answer's own
// form; Loki and what takes data refuse the request.
bool TakesBadParameters(const Route& route) {
  const std::string_view pattern = route.pattern;
  return route.route_class != RouteClass::kWrite && !pattern.starts_with("/loki/");
}

// Whether the handler has compressed its answer itself.
bool IsEncoded(const HttpResponse& response) {
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return EqualsIgnoreCase(header.first, "content-encoding");
  });
}

void Compress(const HttpRequest& request, HttpResponse* response) {
  if (response->source != nullptr) return;
  if (response->body_bytes() <= kGzipBodyBytesMin || IsEncoded(*response)) return;
  response->headers.emplace_back("Vary", "Accept-Encoding");
  if (!AcceptsGzip(request.Header("accept-encoding"))) return;
  response->JoinBody();
  std::string compressed = Gzip(response->body);
  if (compressed.empty()) return;
  response->body = std::move(compressed);
  response->headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace

struct Dispatcher::Job {
  HttpRequest request;
  HttpResponder respond;
  const Route* route = nullptr;
  steady_clock::time_point start = steady_clock::now();
  uint64_t brief_key = 0;  // of a route whose questions may be brief
};

Dispatcher::Dispatcher(const DispatcherOptions& options, const Router* router,
                       MetricsRegistry* metrics, Logger* logger)
    : router_(router),
      route_metrics_(router, metrics),
      logger_(logger),
      origins_(options.origins),
      query_pool_("varve-query", options.query_threads, options.query_queue_max,
                  storage::ThreadPriority::kPatient),
      write_pool_("varve-write", options.write_threads, options.write_queue_max,
                  storage::ThreadPriority::kPrompt) {}

void Dispatcher::Stop() {
  query_pool_.Stop();
  write_pool_.Stop();
}

void Dispatcher::Handle(HttpRequest request, HttpResponder respond) {
  auto job = std::make_shared<Job>();
  Router::Match match = router_->Find(request.method, request.path);
  request.path_parameters = std::move(match.parameters);
  job->request = std::move(request);
  job->respond = std::move(respond);
  job->route = match.route;
  if (match.route == nullptr) {
    Finish(job.get(), AnswerUnmatched(*router_, job->request, match));
    return;
  }
  if (match.route->route_class == RouteClass::kImmediate) {
    Run(job.get());
    return;
  }
  if (match.route->route_class != RouteClass::kState && !ready_.load()) {
    HttpResponse response = Unavailable(job->request, "Service Unavailable");
    response.headers.emplace_back("Retry-After", "5");
    response.headers.emplace_back("X-Prometheus-Stopping", "false");
    Finish(job.get(), std::move(response));
    return;
  }
  if (match.route->may_be_brief) job->brief_key = BriefRequests::KeyOf(job->request);
  if (IsBrief(*job)) {
    Run(job.get());
    return;
  }
  const bool is_query = match.route->route_class == RouteClass::kQuery;
  TaskPool& pool = is_query ? query_pool_ : write_pool_;
  const std::shared_ptr<std::function<void()>> on_cancelled = job->request.on_cancelled;
  if (const auto ticket = pool.TrySubmit([this, job] { Run(job.get()); })) {
    if (!is_query || on_cancelled == nullptr) return;
    // A query that nobody waits for any more does not wait for its turn either.
    *on_cancelled = [this, ticket] {
      if (const std::function<void()> task = query_pool_.Withdraw(*ticket)) task();
    };
    return;
  }
  // 503 and not 429: shippers come again after a 503, and drop what was answered 429.
  HttpResponse response =
      Unavailable(job->request, is_query ? "too many queries are waiting, see --query.max-queue"
                                         : "too many writes are waiting");
  response.headers.emplace_back("Retry-After", is_query ? "1" : "5");
  Finish(job.get(), std::move(response));
}

bool Dispatcher::IsBrief(const Job& job) const {
  return brief_.IsBrief(job.brief_key) && query_pool_.idle();
}

void Dispatcher::Run(Job* job) {
  HttpResponse response;
  job->request.queue_ns = std::chrono::nanoseconds(steady_clock::now() - job->start).count();
  if (job->request.cancelled != nullptr && job->request.cancelled->load() &&
      job->route->route_class == RouteClass::kQuery) {
    // Nobody waits any more: free the thread.
    Finish(job, PlainTextResponse(499, "the client left\n"));
    return;
  }
  // The body of a write is data, whatever a sender calls it: curl calls everything a form.
  if (job->route->route_class != RouteClass::kWrite) {
    const absl::Status merged = MergeForm(&job->request);
    if (!merged.ok()) {
      Finish(job, PlainTextResponse(400, std::string(merged.message()) + "\n"));
      return;
    }
  }
  if (!job->request.query.error().ok() && !TakesBadParameters(*job->route)) {
    Finish(job, PlainTextResponse(400, std::string(job->request.query.error().message()) + "\n"));
    return;
  }
  const steady_clock::time_point begin = steady_clock::now();
  job->route->handler(job->request, &response);
  response.of_write = job->route->route_class == RouteClass::kWrite;
  if (response.source != nullptr) {
    TaskPool* const pool =
        job->route->route_class == RouteClass::kQuery ? &query_pool_ : &write_pool_;
    response.executor = [pool](std::function<void()> task) { pool->Resume(std::move(task)); };
  }
  Compress(job->request, &response);
  brief_.Note(job->brief_key, std::chrono::nanoseconds(steady_clock::now() - begin).count());
  Finish(job, std::move(response));
}

void Dispatcher::Finish(Job* job, HttpResponse response) {
  // Not where nothing is found: there is nothing that a page of another origin could read.
  if (IsApiPath(job->request.path) && (job->route != nullptr || response.status == 204)) {
    origins_.AddHeaders(job->request, &response);
  }
  const double seconds = std::chrono::duration<double>(steady_clock::now() - job->start).count();
  route_metrics_.Count(job->route, response.status, seconds);
  if (response.status >= 500 && response.status != 503) {
    logger_->Warn("request failed",
                  {{"path", job->request.path},
                   {"status", std::to_string(response.status)},
                   {"err", response.body.substr(0, std::min<size_t>(response.body.size(), 200))}});
  } else if (logger_->Writes(LogLevel::kDebug)) {
    logger_->Debug("request", {{"method", job->request.method},
                               {"path", job->request.path},
                               {"status", std::to_string(response.status)},
                               {"seconds", std::to_string(seconds)},
                               {"user", std::string(job->request.Header("x-grafana-user"))},
                               {"dashboard", std::string(job->request.Header("x-dashboard-uid"))}});
  }
  job->respond(std::move(response));
}

}  // namespace varve::server
