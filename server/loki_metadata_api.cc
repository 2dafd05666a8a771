#include <algorithm>
#include <utility>

#include "query/logql/parser.h"
#include "server/build_info.h"
#include "server/loki_api.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::LabelSetView;
using storage::LogSelection;
using storage::Matcher;
using storage::Querier;
using storage::TimeRange;

constexpr std::string_view kLokiJson = "application/json; charset=UTF-8";

int64_t NowNs() { return NowMs() * storage::kNanosecondsPerMillisecond; }

absl::StatusOr<TimeRange> MetadataRangeNs(const QueryParameters& parameters) {
  VARVE_ASSIGN_OR_RETURN(const LokiBounds bounds,
                         LokiBoundsParameters(parameters, NowNs(), kLokiMetadataSinceNs));
  return TimeRange::Inclusive(bounds.start_ns, bounds.end_ns);
}

// The selector of a parameter; none where it is absent or matches every stream by name alone.
absl::StatusOr<std::vector<Matcher>> SelectorParameter(const QueryParameters& parameters,
                                                       std::string_view name) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return std::vector<Matcher>{};
  return query::ParseLogSelector(text);
}

absl::StatusOr<std::vector<std::string>> ListLabels(ApiContext* context, const HttpRequest& request,
                                                    const std::string* label) {
  VARVE_ASSIGN_OR_RETURN(const TimeRange range_ns, MetadataRangeNs(request.query));
  VARVE_ASSIGN_OR_RETURN(const std::vector<Matcher> matchers,
                         SelectorParameter(request.query, "query"));
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  return label == nullptr ? querier->LogLabelNames(matchers, range_ns)
                          : querier->LogLabelValues(*label, matchers, range_ns);
}

void AnswerList(const absl::StatusOr<std::vector<std::string>>& texts, HttpResponse* response) {
  if (!texts.ok()) return AnswerLokiError(texts.status(), response);
  AnswerLokiTexts(*texts, response);
}

void LabelNames(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  AnswerList(ListLabels(context, request, nullptr), response);
}

void LabelValues(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  AnswerList(ListLabels(context, request, &request.path_parameters[0]), response);
}

// The label sets that match any selector, each once, sorted. They point into `selections`.
absl::Status CollectStreams(ApiContext* context, const HttpRequest& request,
                            std::vector<std::unique_ptr<LogSelection>>* selections,
                            std::vector<LabelSetView>* streams) {
  VARVE_ASSIGN_OR_RETURN(const TimeRange range_ns, MetadataRangeNs(request.query));
  std::vector<std::string_view> texts = request.query.GetAll("match[]");
  for (const std::string_view text : request.query.GetAll("match")) texts.push_back(text);
  std::vector<std::vector<Matcher>> selectors;
  for (const std::string_view text : texts) {
    VARVE_ASSIGN_OR_RETURN(std::vector<Matcher> matchers, query::ParseLogSelector(text));
    selectors.push_back(std::move(matchers));
  }
  if (selectors.empty()) selectors.emplace_back();
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  for (const std::vector<Matcher>& matchers : selectors) {
    VARVE_RETURN_IF_ERROR(query.CheckAlive());
    VARVE_ASSIGN_OR_RETURN(std::unique_ptr<LogSelection> selection,
                           querier->SelectLogs(matchers, range_ns));
    VARVE_RETURN_IF_ERROR(query.ChargeSeries(selection->size()));
    for (size_t i = 0; i < selection->size(); ++i) streams->push_back(selection->labels(i));
    selections->push_back(std::move(selection));
  }
  if (selectors.size() > 1) {
    std::sort(streams->begin(), streams->end());
    streams->erase(std::unique(streams->begin(), streams->end()), streams->end());
  }
  return absl::OkStatus();
}

void Series(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  std::vector<std::unique_ptr<LogSelection>> selections;
  std::vector<LabelSetView> streams;
  const absl::Status status = CollectStreams(context, request, &selections, &streams);
  if (!status.ok()) return AnswerLokiError(status, response);
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  if (!streams.empty()) {
    json.Key("data");
    json.BeginArray();
    for (const LabelSetView labels : streams) json.Labels(labels);
    json.EndArray();
  }
  json.EndObject();
}

absl::StatusOr<storage::LogVolume> ReadVolume(ApiContext* context, const HttpRequest& request) {
  VARVE_ASSIGN_OR_RETURN(const TimeRange range_ns, MetadataRangeNs(request.query));
  VARVE_ASSIGN_OR_RETURN(const std::vector<Matcher> matchers,
                         SelectorParameter(request.query, "query"));
  return context->database->NewQuerier()->Volume(matchers, range_ns);
}

void IndexStats(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<storage::LogVolume> volume = ReadVolume(context, request);
  if (!volume.ok()) return AnswerLokiError(volume.status(), response);
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  WriteLokiIndexStats(*volume, &json);
}

void BuildInfo(const HttpRequest&, HttpResponse* response) {
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  const std::string revision = storage::StrCat("varve-", kVersion);
  const std::vector<std::pair<std::string_view, std::string_view>> fields = {
      {"version", kLokiApiVersion}, {"revision", revision}, {"branch", "main"},
      {"buildUser", "varve"},       {"buildDate", ""},      {"goVersion", kCompiler}};
  for (const auto& [name, value] : fields) {
    json.Key(name);
    json.String(value);
  }
  json.EndObject();
}

}  // namespace

void AddLokiMetadataRoutes(ApiContext* context, Router* router) {
  const auto bind = [context](auto handler) {
    return [context, handler](const HttpRequest& request, HttpResponse* response) {
      handler(context, request, response);
    };
  };
  const std::vector<std::string> methods = {"GET", "POST"};
  router->Add({methods, "/loki/api/v1/labels", RouteClass::kQuery, bind(LabelNames), true});
  router->Add({methods, "/loki/api/v1/label", RouteClass::kQuery, bind(LabelNames), true});
  router->Add(
      {methods, "/loki/api/v1/label/{name}/values", RouteClass::kQuery, bind(LabelValues), true});
  router->Add({methods, "/loki/api/v1/series", RouteClass::kQuery, bind(Series)});
  router->Add({methods, "/loki/api/v1/index/stats", RouteClass::kQuery, bind(IndexStats)});
  router->Add({{"GET"}, "/loki/api/v1/status/buildinfo", RouteClass::kImmediate, BuildInfo});
}

}  // namespace varve::server
