// What a Loki says of itself: its limits, its configuration, its services and its rules.
#include <string>
#include <utility>
#include <vector>

#include "query/engine/number_format.h"
#include "server/build_info.h"
#include "server/config.h"
#include "server/json_writer.h"
#include "server/loki_api.h"
#include "server/loki_limits.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrAppend;
using storage::StrCat;

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json; charset=UTF-8";

RouteHandler Fixed(int status, std::string_view content_type, std::string_view body) {
  return [status, content_type, body](const HttpRequest&, HttpResponse* response) {
    response->status = status;
    response->content_type = content_type;
    response->body = body;
  };
}

// Grafana's log explorer shows its tabs by this.
void DrilldownLimits(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  response->content_type = kJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("limits");
  WriteLokiLimitsJson(*context->options, &json);
  json.Key("pattern_ingester_enabled");
  json.Bool(true);
  json.Key("version");
  json.String(kLokiApiVersion);
  json.EndObject();
}

void TenantLimits(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  response->content_type = kText;
  response->body = LokiLimitsYaml(*context->options, "");
}

// The part of Loki's configuration that means something here.
std::string ConfigYaml(const ServerOptions& options) {
  return StrCat(
      "target: all\nauth_enabled: false\nserver:\n  log_level: ", LogLevelText(options.log_level),
      "\n  log_format: ", options.log_format == LogFormat::kJson ? "json" : "logfmt",
      "\ncommon:\n  path_prefix: ", storage::Quote(options.storage.path), "\nlimits_config:\n",
      LokiLimitsYaml(options, "  "));
}

// The lines of `yaml` that are not in `other`, with the lines that say what they belong to.
std::string DifferenceOf(std::string_view yaml, std::string_view other) {
  std::string difference;
  std::string_view section;
  while (!yaml.empty()) {
    const std::string_view line = yaml.substr(0, yaml.find('\n') + 1);
    yaml.remove_prefix(line.size());
    if (line.ends_with(":\n")) {
      section = line;
    } else if (other.find(line) == std::string_view::npos) {
      StrAppend(&difference, line.starts_with(' ') ? std::exchange(section, {}) : "", line);
    }
  }
  return difference.empty() ? "{}\n" : difference;
}

// All of it, its defaults, or what differs from them.
void Config(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const std::string_view mode = request.query.Get("mode");
  const ServerOptions defaults = DefaultOptions();
  response->content_type = kText;
  response->body = ConfigYaml(mode == "defaults" ? defaults : *context->options);
  if (mode == "diff") {
    response->body = DifferenceOf(response->body, ConfigYaml(defaults));
  }
}

void Services(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  response->content_type = kText;
  const std::string_view state = context->stopping.load() ? "Stopping"
                                 : context->ready.load()  ? "Running"
                                                          : "Starting";
  for (const std::string_view name : {"server", "ingester", "querier", "compactor"}) {
    storage::StrAppend(&response->body, name, " => ", state, "\n");
  }
}

void GetLogLevel(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  response->content_type = kJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("message");
  json.String(StrCat("Current log level is ", LogLevelText(context->logger->level())));
  json.EndObject();
}

void SetLogLevel(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  response->content_type = kJson;
  const std::string_view text = request.query.Get("log_level");
  const std::optional<LogLevel> level = ParseLogLevel(text);
  JsonWriter json(&response->body);
  json.BeginObject();
  if (!level.has_value()) response->status = 400;
  json.Key("status");
  json.String(level.has_value() ? "success" : "failed");
  json.Key("message");
  json.String(level.has_value() ? StrCat("Log level set to ", text)
                                : StrCat("unrecognized log level ", storage::Quote(text)));
  json.EndObject();
  if (level.has_value()) context->logger->set_level(*level);
}

void Flush(ApiContext* context, const HttpRequest&, HttpResponse* response) {
  const absl::Status flushed = context->database->Flush();
  response->status = flushed.ok() ? 204 : 500;
  if (flushed.ok()) return;
  response->content_type = kText;
  response->body = StrCat(storage::ToStd(flushed.message()), "\n");
}

// There are no rules of logs yet: lists are empty. A single group is no path at all: Grafana takes
// "page not found" for a ruler that is not there, and does not offer to edit rules.
void AddRuleRoutes(Router* router) {
  for (const std::string_view path : {"/loki/api/v1/rules", "/api/prom/rules"}) {
    const RouteHandler none = Fixed(200, "application/yaml", "{}\n");
    router->Add({{"GET"}, std::string(path), RouteClass::kImmediate, none});
    router->Add({{"GET"}, StrCat(path, "/{namespace}"), RouteClass::kImmediate, none});
  }
  // Grafana's alert pages ask every Loki for these and call the data source broken without them.
  router->Add({{"GET"},
               "/prometheus/api/v1/rules",
               RouteClass::kImmediate,
               Fixed(200, kJson, R"({"status":"success","data":{"groups":[]}})")});
  router->Add({{"GET"},
               "/prometheus/api/v1/alerts",
               RouteClass::kImmediate,
               Fixed(200, kJson, R"({"status":"success","data":{"alerts":[]}})")});
}

}  // namespace

void AddLokiStatusRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  const auto add = [&](std::string_view method, std::string_view path, RouteClass route_class,
                       auto handler) {
    router->Add({{std::string(method)}, std::string(path), route_class, bind(handler)});
  };
  add("GET", "/loki/api/v1/drilldown-limits", RouteClass::kImmediate, DrilldownLimits);
  add("GET", "/config", RouteClass::kImmediate, Config);
  add("GET", "/config/tenant/v1/limits", RouteClass::kImmediate, TenantLimits);
  add("GET", "/services", RouteClass::kImmediate, Services);
  add("GET", "/log_level", RouteClass::kImmediate, GetLogLevel);
  router->Add({{"POST", "PUT"}, "/log_level", RouteClass::kImmediate, bind(SetLogLevel)});
  add("POST", "/flush", RouteClass::kQuery, Flush);
  AddRuleRoutes(router);
}

}  // namespace varve::server
