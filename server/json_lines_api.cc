#include "server/json_lines_api.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "ingest/elasticsearch_bulk.h"
#include "ingest/json_lines.h"
#include "server/json_writer.h"
#include "server/write_answer.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"

namespace varve::server {
namespace {

using storage::AppendResult;
using storage::StrCat;

// What Beats and Logstash want to hear from the server they write to.
constexpr std::string_view kElasticsearchVersion = "8.9.0";

std::string_view Setting(const HttpRequest& request, std::string_view parameter,
                         std::string_view header) {
  const std::string_view value = request.query.Get(parameter);
  return value.empty() ? request.Header(header) : value;
}

// `a, b`: the names between the commas.
std::vector<std::string> Names(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    if (const std::string_view trimmed = TrimBlanks(name); !trimmed.empty()) {
      names.emplace_back(trimmed);
    }
  }
  return names;
}

absl::Status ReadFields(const HttpRequest& request, ingest::JsonLinesOptions* fields) {
  fields->stream_fields = Names(Setting(request, "_stream_fields", "vl-stream-fields"));
  fields->ignored_fields = Names(Setting(request, "ignore_fields", "vl-ignore-fields"));
  if (auto names = Names(Setting(request, "_msg_field", "vl-msg-field")); !names.empty()) {
    fields->line_fields = std::move(names);
  }
  if (auto names = Names(Setting(request, "_time_field", "vl-time-field")); !names.empty()) {
    fields->time_fields = std::move(names);
  }
  for (const std::string& field : Names(Setting(request, "extra_fields", "vl-extra-fields"))) {
    const size_t equals = field.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          StrCat("cannot read extra_fields: ", storage::Quote(field), ", want name=value"));
    }
    fields->extra_fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  fields->now_ns = NowMs() * storage::kNanosecondsPerMillisecond;
  return absl::OkStatus();
}

void JsonLines(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  ingest::JsonLinesOptions fields;
  absl::Status status = ReadFields(request, &fields);
  const ingest::LokiPushOptions options = PushOptions(*context);
  ingest::LokiPushRequest decoded;
  if (status.ok()) {
    status = ingest::DecodeJsonLines(fields, request.Header("content-encoding"), request.body,
                                     options, &decoded);
  }
  if (!status.ok()) return AnswerStatus(status, response);
  StoreEntries(context, std::move(decoded), "lines", response);
}

void AnswerItem(const ingest::BulkItem& item, JsonWriter* json) {
  json->BeginObject();
  json->Key(item.is_index ? "index" : "create");
  json->BeginObject();
  json->Key("_index");
  json->String(item.index);
  json->Key("status");
  json->Int(item.error.empty() ? 201 : 400);
  if (!item.error.empty()) {
    json->Key("error");
    json->BeginObject();
    json->Key("type");
    json->String("document_parsing_exception");
    json->Key("reason");
    json->String(item.error);
    json->EndObject();
  }
  json->EndObject();
  json->EndObject();
}

void Bulk(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const auto start = std::chrono::steady_clock::now();
  ingest::JsonLinesOptions fields;
  fields.line_fields = {"message", "_msg", "msg", "log"};
  fields.time_fields = {"@timestamp", "_time", "timestamp"};
  absl::Status status = ReadFields(request, &fields);
  const ingest::LokiPushOptions options = PushOptions(*context);
  ingest::LokiPushRequest decoded;
  std::vector<ingest::BulkItem> items;
  const std::string_view index =
      request.path_parameters.empty() ? std::string_view() : request.path_parameters[0];
  if (status.ok()) {
    status = ingest::DecodeElasticsearchBulk(fields, request.Header("content-encoding"),
                                             request.body, index, options, &decoded, &items);
  }
  if (!status.ok()) return AnswerStatus(status, response);
  CountTruncated(context, decoded.truncated);
  const AppendResult result = AppendAndPublish(context, decoded.batch);
  if (!result.status.ok()) return AnswerStatus(result.status, response);
  std::vector<storage::Rejection> rejections = std::move(decoded.rejections);
  rejections.insert(rejections.end(), result.rejections.begin(), result.rejections.end());
  // Documents that are read and then refused (too long, too old) are counted, not told apart.
  for (const storage::Rejection& rejection : rejections) {
    CountRejected(context, "logs", storage::RejectReasonText(rejection.reason), 1);
  }
  bool errors = false;
  for (const ingest::BulkItem& item : items) errors = errors || !item.error.empty();
  response->content_type = "application/json";
  response->headers.emplace_back("X-Elastic-Product", "Elasticsearch");
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("took");
  json.Int(std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 start)
               .count());
  json.Key("errors");
  json.Bool(errors);
  json.Key("items");
  json.BeginArray();
  for (const ingest::BulkItem& item : items) AnswerItem(item, &json);
  json.EndArray();
  json.EndObject();
}

// Answers a question of a client that first looks at whom it is talking to.
RouteHandler Constant(std::string body) {
  return [body = std::move(body)](const HttpRequest&, HttpResponse* response) {
    response->content_type = "application/json";
    response->headers.emplace_back("X-Elastic-Product", "Elasticsearch");
    response->body = body;
  };
}

}  // namespace

void AddJsonLinesRoutes(ApiContext* context, Router* router) {
  router->Add({{"POST"},
               std::string(kJsonLinesPath),
               RouteClass::kWrite,
               [context](const HttpRequest& request, HttpResponse* response) {
                 JsonLines(context, request, response);
               }});
  const auto add = [&](std::vector<std::string> methods, std::string_view path, RouteClass kind,
                       RouteHandler handler) {
    router->Add({std::move(methods), StrCat(kElasticsearchPath, path), kind, std::move(handler)});
  };
  const RouteHandler bulk = [context](const HttpRequest& request, HttpResponse* response) {
    Bulk(context, request, response);
  };
  add({"POST", "PUT"}, "/_bulk", RouteClass::kWrite, bulk);
  add({"POST", "PUT"}, "/{index}/_bulk", RouteClass::kWrite, bulk);
  const RouteHandler version =
      Constant(StrCat(R"({"version":{"number":")", kElasticsearchVersion, R"("}})"));
  add({"GET"}, "", RouteClass::kImmediate, version);
  add({"GET"}, "/", RouteClass::kImmediate, version);
  add({"GET"}, "/_license", RouteClass::kImmediate,
      Constant(R"({"license":{"uid":"varve","type":"basic","status":"active"}})"));
  // Set-up calls of Beats; there is nothing to set up.
  for (const std::string_view path :
       {"/_ilm/policy/{name}", "/_index_template/{name}", "/_component_template/{name}",
        "/_ingest/pipeline/{name}", "/_template/{name}"}) {
    add({"GET", "PUT", "POST"}, path, RouteClass::kImmediate, Constant("{}"));
  }
}

}  // namespace varve::server
