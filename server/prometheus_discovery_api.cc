// Rules, alerts and targets. This server has none of them, but Grafana and other clients ask: they
// get Prometheus's answers of a server without any, and its words for parameters that are wrong.
#include "query/promql/parser.h"
#include "server/prometheus_api.h"
#include "server/prometheus_json.h"
#include "server/prometheus_parameters.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

RouteHandler Fixed(std::string_view data) {
  return [data](const HttpRequest&, HttpResponse* response) {
    AnswerSuccess([data](JsonWriter* json) { json->Raw(data); }, {}, {}, response);
  };
}

std::string_view Message(const absl::Status& status) { return storage::ToStd(status.message()); }

absl::Status CheckRuleParameters(const QueryParameters& parameters) {
  if (absl::Status form = CheckForm(parameters); !form.ok()) return form;
  for (const std::string_view text : parameters.GetAll("match[]")) {
    const auto matchers = query::ParseSelector(text);
    if (!matchers.ok()) return matchers.status();
  }
  std::string type(parameters.Get("type"));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  if (!type.empty() && type != "alert" && type != "record") {
    return InvalidParameter("type", StrCat("not supported value ", storage::Quote(type)));
  }
  if (const auto exclude = BoolParameter(parameters, "exclude_alerts", false); !exclude.ok()) {
    return InvalidParameter("exclude_alerts",
                            StrCat("error converting exclude_alerts: ", Message(exclude.status())));
  }
  const std::string_view limit = parameters.Get("group_limit");
  if (limit.empty()) {
    if (parameters.Get("group_next_token").empty()) return absl::OkStatus();
    return InvalidParameter("group_next_token",
                            "group_limit needs to be present in order to paginate over the groups");
  }
  const absl::StatusOr<int64_t> groups = ParseGoInteger(limit, 32, "ParseInt");
  if (!groups.ok()) {
    return InvalidParameter("group_limit", StrCat("group_limit needs to be a valid number: ",
                                                  Message(groups.status())));
  }
  if (*groups <= 0) {
    return InvalidParameter("group_limit", "group_limit needs to be greater than 0");
  }
  return absl::OkStatus();
}

void Rules(const HttpRequest& request, HttpResponse* response) {
  const absl::Status status = CheckRuleParameters(request.query);
  if (!status.ok()) return AnswerError(status, response);
  AnswerSuccess([](JsonWriter* json) { json->Raw(R"({"groups":[]})"); }, {}, {}, response);
}

void Targets(const HttpRequest& request, HttpResponse* response) {
  std::string state(request.query.Get("state"));
  for (char& c : state) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  const bool shows_dropped = state.empty() || state == "any" || state == "dropped";
  AnswerSuccess(
      [&](JsonWriter* json) {
        json->BeginObject();
        json->Key("activeTargets");
        json->Strings({});
        json->Key("droppedTargets");
        json->Strings({});
        json->Key("droppedTargetCounts");
        json->Raw(shows_dropped ? "{}" : "null");
        json->EndObject();
      },
      {}, {}, response);
}

void TargetMetadata(const HttpRequest& request, HttpResponse* response) {
  const std::string_view limit = request.query.Get("limit");
  if (!limit.empty() && !ParseGoInteger(limit, 64, "Atoi").ok()) {
    return AnswerError(400, "bad_data", "limit must be a number", response);
  }
  if (const std::string_view match = request.query.Get("match_target"); !match.empty()) {
    const auto matchers = query::ParseSelector(match);
    if (!matchers.ok()) {
      return AnswerError(InvalidParameter("match_target", Message(matchers.status())), response);
    }
  }
  AnswerSuccess([](JsonWriter* json) { json->Strings({}); }, {}, {}, response);
}

}  // namespace

void AddPrometheusDiscoveryRoutes(Router* router) {
  const auto add = [router](std::string pattern, RouteHandler handler) {
    router->Add({{"GET"}, std::move(pattern), RouteClass::kImmediate, std::move(handler)});
  };
  add("/api/v1/rules", Rules);
  add("/api/v1/alerts", Fixed(R"({"alerts":[]})"));
  add("/api/v1/alertmanagers", Fixed(R"({"activeAlertmanagers":[],"droppedAlertmanagers":[]})"));
  add("/api/v1/targets", Targets);
  add("/api/v1/targets/metadata", TargetMetadata);
  add("/api/v1/scrape_pools", Fixed(R"({"scrapePools":[]})"));
}

}  // namespace varve::server
