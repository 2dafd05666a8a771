// What log explorers ask before they ask for lines: volumes, labels and fields.
#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "query/engine/number_format.h"
#include "query/logql/detected_fields.h"
#include "query/logql/log_volume.h"
#include "query/logql/logql_engine.h"
#include "query/logql/parser.h"
#include "server/build_info.h"
#include "server/loki_api.h"
#include "server/loki_json.h"
#include "server/loki_parameters.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using query::QueryContext;
using storage::Matcher;
using storage::Querier;
using storage::StrCat;
using storage::TimeRange;

constexpr std::string_view kLokiJson = "application/json; charset=UTF-8";
constexpr uint64_t kVolumeGroupsDefault = 100;
constexpr uint64_t kDetectLinesDefault = 100;
constexpr uint64_t kDetectedFieldsDefault = 1000;

int64_t NowNs() { return NowMs() * storage::kNanosecondsPerMillisecond; }

absl::StatusOr<uint64_t> CountParameter(const QueryParameters& parameters, std::string_view name,
                                        uint64_t fallback) {
  const std::string_view text = parameters.Get(name);
  if (text.empty()) return fallback;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) {
    return absl::InvalidArgumentError(StrCat("cannot read the parameter ", name, ": found ",
                                             storage::Quote(text),
                                             ", want a positive whole number"));
  }
  return value;
}

std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    if (const std::string_view name = TrimBlanks(text.substr(0, comma)); !name.empty()) {
      names.emplace_back(name);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return names;
}

absl::StatusOr<std::vector<Matcher>> SelectorParameter(const QueryParameters& parameters) {
  const std::string_view text = parameters.Get("query");
  if (text.empty() || text == "{}") return std::vector<Matcher>{};
  return query::ParseLogSelector(text);
}

void WriteVolumeLabels(const query::LogVolumeGroup& group, JsonWriter* json) {
  json->Key("metric");
  json->BeginObject();
  for (const auto& [name, value] : group.labels) {
    json->Key(name);
    json->String(value);
  }
  json->EndObject();
}

void WriteVolumeSample(int64_t time_ns, uint64_t bytes, JsonWriter* json) {
  json->BeginArray();
  json->Separate();
  query::AppendTimestampSeconds(time_ns / storage::kNanosecondsPerMillisecond, true, json->out());
  json->String(std::to_string(bytes));
  json->EndArray();
}

// One sum of each group, at the end of the range, or, with steps, one of each step at its begin.
void WriteVolumes(const std::vector<query::LogVolumeGroup>& groups,
                  const query::LogVolumeQuery& query, JsonWriter* json) {
  const bool is_range = query.step_ns > 0;
  json->Key("resultType");
  json->String(is_range ? "matrix" : "vector");
  json->Key("result");
  json->BeginArray();
  for (const query::LogVolumeGroup& group : groups) {
    json->BeginObject();
    WriteVolumeLabels(group, json);
    json->Key(is_range ? "values" : "value");
    if (is_range) json->BeginArray();
    for (size_t step = 0; step < group.bytes.size(); ++step) {
      if (!is_range) {
        WriteVolumeSample(query.range_ns.end, group.bytes[step], json);
      } else if (group.bytes[step] > 0) {
        WriteVolumeSample(query::LogVolumeStepNs(query, step), group.bytes[step], json);
      }
    }
    if (is_range) json->EndArray();
    json->EndObject();
  }
  json->EndArray();
}

absl::StatusOr<query::LogVolumeQuery> VolumeParameters(ApiContext* context,
                                                       const HttpRequest& request, bool is_range) {
  query::LogVolumeQuery query;
  if (is_range) {
    VARVE_ASSIGN_OR_RETURN(
        const LokiQueryParameters wanted,
        LokiRangeParameters(request.query, NowNs(), context->options->query.steps_max));
    query.range_ns = {wanted.bounds.start_ns, wanted.bounds.end_ns};
    query.step_ns = wanted.step_ns;
  } else {
    VARVE_ASSIGN_OR_RETURN(const LokiBounds bounds,
                           LokiBoundsParameters(request.query, NowNs(), kLokiQuerySinceNs));
    query.range_ns = {bounds.start_ns, bounds.end_ns};
  }
  VARVE_ASSIGN_OR_RETURN(query.limit, CountParameter(request.query, "limit", kVolumeGroupsDefault));
  query.target_labels = SplitNames(request.query.Get("targetLabels"));
  const std::string_view aggregate_by = request.query.Get("aggregateBy");
  if (!aggregate_by.empty() && aggregate_by != "series" && aggregate_by != "labels") {
    return absl::InvalidArgumentError(
        "invalid aggregation option, must be one of: [series, labels]");
  }
  query.by_label_name = aggregate_by == "labels";
  return query;
}

absl::Status AnswerVolumes(ApiContext* context, const HttpRequest& request, bool is_range,
                           HttpResponse* response) {
  VARVE_ASSIGN_OR_RETURN(const query::LogVolumeQuery wanted,
                         VolumeParameters(context, request, is_range));
  VARVE_ASSIGN_OR_RETURN(const std::vector<Matcher> matchers, SelectorParameter(request.query));
  QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  VARVE_ASSIGN_OR_RETURN(const std::vector<query::LogVolumeGroup> groups,
                         query::SumLogVolumes(*querier, matchers, wanted, &query));
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("status");
  json.String("success");
  json.Key("data");
  json.BeginObject();
  WriteVolumes(groups, wanted, &json);
  json.Key("stats");
  json.Raw("{}");
  json.EndObject();
  json.EndObject();
  return absl::OkStatus();
}

// Ids make no filters that anybody would choose from a list: a label that holds nothing else is
// left out, but for the names everybody uses.
bool HoldsIdsOnly(std::string_view name, const std::vector<std::string>& values) {
  for (const std::string_view kept : {"cluster", "namespace", "instance", "pod"}) {
    if (name == kept) return false;
  }
  return std::all_of(values.begin(), values.end(), [](std::string_view value) {
    const bool uuid = value.size() == 36 && value[8] == '-' && value[13] == '-' &&
                      value[18] == '-' && value[23] == '-';
    const std::string_view type = query::DetectFieldType(value);
    return uuid || type == "int" || type == "float";
  });
}

absl::Status AnswerDetectedLabels(ApiContext* context, const HttpRequest& request,
                                  HttpResponse* response) {
  VARVE_ASSIGN_OR_RETURN(const LokiBounds bounds,
                         LokiBoundsParameters(request.query, NowNs(), kLokiMetadataSinceNs));
  const TimeRange range_ns = TimeRange::Inclusive(bounds.start_ns, bounds.end_ns);
  VARVE_ASSIGN_OR_RETURN(const std::vector<Matcher> matchers, SelectorParameter(request.query));
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         querier->LogLabelNames(matchers, range_ns));
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("detectedLabels");
  json.BeginArray();
  for (const std::string& name : names) {
    VARVE_ASSIGN_OR_RETURN(const std::vector<std::string> values,
                           querier->LogLabelValues(name, matchers, range_ns));
    if (HoldsIdsOnly(name, values)) continue;
    json.BeginObject();
    json.Key("label");
    json.String(name);
    json.Key("cardinality");
    json.Uint(values.size());
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return absl::OkStatus();
}

absl::StatusOr<query::DetectedFields> ReadFields(ApiContext* context, const HttpRequest& request) {
  VARVE_ASSIGN_OR_RETURN(const LokiBounds bounds,
                         LokiBoundsParameters(request.query, NowNs(), kLokiQuerySinceNs));
  VARVE_ASSIGN_OR_RETURN(const uint64_t lines,
                         CountParameter(request.query, "line_limit", kDetectLinesDefault));
  const std::string_view text = request.query.Get("query");
  VARVE_ASSIGN_OR_RETURN(const bool is_log_query, query::IsLogQuery(text));
  if (!is_log_query) {
    return absl::InvalidArgumentError("only log selector is supported");
  }
  QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const std::unique_ptr<Querier> querier = context->database->NewQuerier();
  VARVE_ASSIGN_OR_RETURN(
      const query::QueryResult result,
      query::LogqlEngine().Range(*querier, text, bounds.start_ns, bounds.end_ns, 1, lines,
                                 storage::Direction::kBackward, &query));
  return query::DetectFields(std::get<query::StreamsResult>(result.value));
}

absl::StatusOr<uint64_t> FieldLimit(const QueryParameters& parameters) {
  const std::string_view name = parameters.Has("field_limit") ? "field_limit" : "limit";
  return CountParameter(parameters, name, kDetectedFieldsDefault);
}

void WriteField(const std::string& name, const query::DetectedField& field, JsonWriter* json) {
  json->BeginObject();
  json->Key("label");
  json->String(name);
  json->Key("type");
  json->String(field.type);
  json->Key("cardinality");
  json->Uint(field.values.size());
  json->Key("parsers");
  if (field.parsers.empty()) {
    json->Null();
  } else {
    json->Strings({field.parsers.begin(), field.parsers.end()});
  }
  if (!field.json_path.empty()) {
    json->Key("jsonPath");
    json->Strings(field.json_path);
  }
  json->EndObject();
}

absl::Status AnswerDetectedFields(ApiContext* context, const HttpRequest& request,
                                  HttpResponse* response) {
  VARVE_ASSIGN_OR_RETURN(const uint64_t limit, FieldLimit(request.query));
  VARVE_ASSIGN_OR_RETURN(const query::DetectedFields fields, ReadFields(context, request));
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("fields");
  json.BeginArray();
  uint64_t written = 0;
  for (const auto& [name, field] : fields) {
    if (++written > limit) break;
    WriteField(name, field, &json);
  }
  json.EndArray();
  json.Key("limit");
  json.Uint(limit);
  json.EndObject();
  return absl::OkStatus();
}

absl::Status AnswerFieldValues(ApiContext* context, const HttpRequest& request,
                               HttpResponse* response) {
  VARVE_ASSIGN_OR_RETURN(const uint64_t limit, FieldLimit(request.query));
  VARVE_ASSIGN_OR_RETURN(const query::DetectedFields fields, ReadFields(context, request));
  std::vector<std::string> values;
  if (const auto found = fields.find(request.path_parameters[0]); found != fields.end()) {
    values.assign(found->second.values.begin(), found->second.values.end());
    if (values.size() > limit) values.resize(limit);
  }
  response->content_type = kLokiJson;
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("values");
  json.Strings(values);
  json.Key("limit");
  json.Uint(limit);
  json.EndObject();
  return absl::OkStatus();
}

}  // namespace

void AddLokiExploreRoutes(ApiContext* context, Router* router) {
  const auto add = [&](std::string_view pattern, auto answer) {
    router->Add({{"GET", "POST"},
                 std::string(pattern),
                 RouteClass::kQuery,
                 [context, answer](const HttpRequest& request, HttpResponse* response) {
                   const absl::Status status = answer(context, request, response);
                   if (status.ok()) return;
                   *response = HttpResponse();
                   AnswerLokiError(status, response);
                 }});
  };
  add("/loki/api/v1/index/volume",
      [](ApiContext* api, const HttpRequest& request, HttpResponse* response) {
        return AnswerVolumes(api, request, false, response);
      });
  add("/loki/api/v1/index/volume_range",
      [](ApiContext* api, const HttpRequest& request, HttpResponse* response) {
        return AnswerVolumes(api, request, true, response);
      });
  add("/loki/api/v1/detected_labels", AnswerDetectedLabels);
  add("/loki/api/v1/detected_fields", AnswerDetectedFields);
  add("/loki/api/v1/detected_field/{name}/values", AnswerFieldValues);
}

}  // namespace varve::server
