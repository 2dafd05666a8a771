#include "server/elasticsearch_api.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "ingest/elasticsearch_bulk.h"
#include "server/json_lines_parameters.h"
#include "server/json_writer.h"
#include "server/write_answer.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::AppendResult;
using storage::RejectReason;
using storage::StrCat;

// What Beats and Logstash want to hear from the server they write to.
constexpr std::string_view kElasticsearchVersion = "8.9.0";
constexpr std::string_view kElasticsearchJson = "application/json";

// Clients send again what is answered 429, and give up what is answered 400.
int ItemStatus(const storage::Rejection& refused) {
  return refused.reason == RejectReason::kSeriesLimit ? 429 : 400;
}

std::string_view ItemErrorType(const storage::Rejection& refused) {
  if (refused.reason == RejectReason::kSeriesLimit) return "es_rejected_execution_exception";
  return refused.reason == RejectReason::kMalformed ? "document_parsing_exception"
                                                    : "illegal_argument_exception";
}

void AnswerItem(const ingest::BulkItem& item, JsonWriter* json) {
  json->BeginObject();
  json->Key(item.is_index ? "index" : "create");
  json->BeginObject();
  json->Key("_index");
  json->String(item.index);
  json->Key("status");
  if (!item.refused.has_value()) {
    json->Int(201);
    json->Key("result");
    json->String("created");
  } else {
    json->Int(ItemStatus(*item.refused));
    json->Key("error");
    json->BeginObject();
    json->Key("type");
    json->String(ItemErrorType(*item.refused));
    json->Key("reason");
    json->String(item.refused->message);
    json->EndObject();
  }
  json->EndObject();
  json->EndObject();
}

std::string RefusalText(RejectReason reason, int64_t timestamp_ns) {
  if (reason == RejectReason::kSeriesLimit) return "too many streams are active";
  if (reason != RejectReason::kTooOld && reason != RejectReason::kTooFarInFuture) {
    return StrCat("entry refused: ", storage::RejectReasonText(reason));
  }
  return StrCat("entry has timestamp too ", reason == RejectReason::kTooOld ? "old: " : "new: ",
                absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(timestamp_ns),
                                 absl::UTCTimeZone()));
}

// What the storage refused becomes part of the items.
void RefuseItems(const storage::LogBatch& batch, const AppendResult& result,
                 std::vector<ingest::BulkItem>* items) {
  if (result.refused_entries.empty()) return;
  std::vector<ingest::BulkItem*> by_entry;
  for (ingest::BulkItem& item : *items) {
    if (item.refused.has_value()) continue;
    if (by_entry.size() <= item.entry) by_entry.resize(item.entry + 1);
    by_entry[item.entry] = &item;
  }
  for (const storage::RefusedEntry& refused : result.refused_entries) {
    by_entry[refused.entry]->refused = storage::Rejection{
        refused.reason, RefusalText(refused.reason, batch.entries[refused.entry].timestamp_ns)};
  }
}

void AnswerBulk(std::chrono::milliseconds took, const std::vector<ingest::BulkItem>& items,
                HttpResponse* response) {
  response->content_type = kElasticsearchJson;
  response->headers.emplace_back("X-Elastic-Product", "Elasticsearch");
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("took");
  json.Int(took.count());
  json.Key("errors");
  json.Bool(std::any_of(items.begin(), items.end(),
                        [](const ingest::BulkItem& item) { return item.refused.has_value(); }));
  json.Key("items");
  json.BeginArray();
  for (const ingest::BulkItem& item : items) AnswerItem(item, &json);
  json.EndArray();
  json.EndObject();
}

// A request of which nothing was stored.
void AnswerBulkError(const absl::Status& status, HttpResponse* response) {
  AnswerStatus(status, response);
  response->content_type = kElasticsearchJson;
  response->headers.emplace_back("X-Elastic-Product", "Elasticsearch");
  response->body.clear();
  JsonWriter json(&response->body);
  json.BeginObject();
  json.Key("error");
  json.BeginObject();
  json.Key("type");
  json.String(response->status == 429  ? "es_rejected_execution_exception"
              : response->status < 500 ? "illegal_argument_exception"
                                       : "unavailable_exception");
  json.Key("reason");
  json.String(storage::ToStd(status.message()));
  json.EndObject();
  json.Key("status");
  json.Int(response->status);
  json.EndObject();
}

void Bulk(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const auto start = std::chrono::steady_clock::now();
  ingest::JsonLinesOptions fields;
  fields.line_fields = {"message", "_msg", "msg", "log"};
  fields.time_fields = {"@timestamp", "_time", "timestamp"};
  absl::Status status = ReadJsonLinesFields(request, &fields);
  const ingest::LokiPushOptions options = PushOptions(*context);
  ingest::LokiPushRequest decoded;
  std::vector<ingest::BulkItem> items;
  const std::string_view index =
      request.path_parameters.empty() ? std::string_view() : request.path_parameters[0];
  if (status.ok()) {
    status = ingest::DecodeElasticsearchBulk(fields, request.Header("content-encoding"),
                                             request.body, index, options, &decoded, &items);
  }
  if (!status.ok()) return AnswerBulkError(status, response);
  CountTruncated(context, decoded.truncated);
  const AppendResult result = AppendAndPublish(context, decoded.batch);
  if (!result.status.ok()) return AnswerBulkError(result.status, response);
  CountRejectedEntries(context, decoded, result);
  RefuseItems(decoded.batch, result, &items);
  AnswerBulk(std::chrono::duration_cast<std::chrono::milliseconds>(
                 std::chrono::steady_clock::now() - start),
             items, response);
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

void AddElasticsearchRoutes(ApiContext* context, Router* router) {
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
