#include "server/operations_api.h"

#include <chrono>

#include "server/build_info.h"
#include "server/json_writer.h"

namespace varve::server {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

constexpr std::string_view kIndexPage = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Varve</title></head><body>
<h1>Varve</h1>
<p>Metrics and logs in one store. In Grafana, add this address as a Prometheus and as a Loki data
source.</p>
<table>
<tr><td>Metrics, write</td><td>POST /api/v1/write</td></tr>
<tr><td>Metrics, read</td><td>/api/v1/query /api/v1/query_range /api/v1/series /api/v1/labels
/api/v1/label/NAME/values</td></tr>
<tr><td>Logs, write</td><td>POST /loki/api/v1/push</td></tr>
<tr><td>Logs, read</td><td>/loki/api/v1/query /loki/api/v1/query_range /loki/api/v1/series
/loki/api/v1/labels /loki/api/v1/label/NAME/values</td></tr>
<tr><td>State</td><td><a href="/metrics">/metrics</a> <a href="/-/healthy">/-/healthy</a>
<a href="/-/ready">/-/ready</a> <a href="/version">/version</a>
<a href="/api/v1/status/buildinfo">/api/v1/status/buildinfo</a>
<a href="/api/v1/status/flags">/api/v1/status/flags</a>
<a href="/api/v1/status/tsdb">/api/v1/status/tsdb</a></td></tr>
</table></body></html>
)";

RouteHandler Fixed(std::string_view content_type, std::string_view body) {
  return [content_type, body](const HttpRequest&, HttpResponse* response) {
    response->content_type = content_type;
    response->body = body;
  };
}

RouteHandler Ready(ApiContext* context, std::string_view when_ready) {
  return [context, when_ready](const HttpRequest&, HttpResponse* response) {
    response->content_type = kText;
    const bool stopping = context->stopping.load();
    if (context->ready.load() && !stopping) {
      response->body = when_ready;
      return;
    }
    response->status = 503;
    response->body = "Service Unavailable";
    response->headers.emplace_back("X-Prometheus-Stopping", stopping ? "true" : "false");
  };
}

void Version(const HttpRequest&, HttpResponse* response) {
  response->content_type = "application/json";
  JsonWriter json(&response->body);
  WriteBuildInfo(kVersion, &json);
}

// Runs only where --web.enable-lifecycle is set.
using LifecycleAction = void (*)(ApiContext*, HttpResponse*);
RouteHandler Lifecycle(ApiContext* context, LifecycleAction action) {
  return [context, action](const HttpRequest&, HttpResponse* response) {
    response->content_type = kText;
    if (!context->options->enable_lifecycle) {
      response->status = 403;
      response->body = "Lifecycle API is not enabled.";
      return;
    }
    action(context, response);
  };
}

void OnlyPost(const HttpRequest&, HttpResponse* response) {
  response->status = 405;
  response->content_type = kText;
  response->body = "Only POST or PUT requests allowed";
}

// All there is to configure are flags, and those are for the life of the process.
void Reload(ApiContext* context, HttpResponse*) { context->reload_time_ms.store(NowMs()); }

void Quit(ApiContext* context, HttpResponse* response) {
  if (!context->options->on_quit) {
    response->status = 500;
    response->body = "This process cannot stop its server.";
    return;
  }
  response->body = "Requesting termination... Goodbye!";
  response->close = true;
  context->logger->Info("asked to stop", {{"by", "/-/quit"}});
  context->options->on_quit();
}

}  // namespace

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void AddOperationsRoutes(ApiContext* context, Router* router) {
  const auto add = [router](std::string pattern, RouteHandler handler) {
    router->Add({{"GET"}, std::move(pattern), RouteClass::kImmediate, std::move(handler)});
  };
  add("/", [](const HttpRequest&, HttpResponse* response) {
    response->content_type = "text/html; charset=utf-8";
    response->headers.emplace_back("Content-Security-Policy", "default-src 'none'");
    response->body = kIndexPage;
  });
  const std::vector<std::string> probes = {"GET", "HEAD"};
  router->Add({probes, "/-/healthy", RouteClass::kImmediate, Fixed(kText, "Varve is Healthy.\n")});
  router->Add({probes, "/-/ready", RouteClass::kImmediate, Ready(context, "Varve is Ready.\n")});
  add("/ready", Ready(context, "ready\n"));
  add("/version", Version);
  router->Add({{"POST", "PUT"}, "/-/reload", RouteClass::kImmediate, Lifecycle(context, Reload)});
  router->Add({{"POST", "PUT"}, "/-/quit", RouteClass::kImmediate, Lifecycle(context, Quit)});
  for (const char* path : {"/-/reload", "/-/quit"}) {
    router->Add({.methods = {"GET"},
                 .pattern = path,
                 .route_class = RouteClass::kImmediate,
                 .handler = OnlyPost,
                 .refuses = true});
  }
  router->Add({{"GET"},
               "/metrics",
               RouteClass::kState,
               [context](const HttpRequest&, HttpResponse* response) {
                 response->content_type = "text/plain; version=0.0.4; charset=utf-8";
                 response->body = context->metrics->Render();
               }});
}

}  // namespace varve::server
