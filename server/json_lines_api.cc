#include "server/json_lines_api.h"

#include <string>
#include <utility>

#include "ingest/json_lines.h"
#include "server/json_lines_parameters.h"
#include "server/write_answer.h"

namespace varve::server {
namespace {

void JsonLines(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  ingest::JsonLinesOptions fields;
  absl::Status status = ReadJsonLinesFields(request, &fields);
  const ingest::LokiPushOptions options = PushOptions(*context);
  ingest::LokiPushRequest decoded;
  if (status.ok()) {
    status = ingest::DecodeJsonLines(fields, request.Header("content-encoding"), request.body,
                                     options, &decoded);
  }
  if (!status.ok()) return AnswerStatus(status, response);
  StoreEntries(context, std::move(decoded), "lines", response);
}

}  // namespace

void AddJsonLinesRoutes(ApiContext* context, Router* router) {
  router->Add({{"POST"},
               std::string(kJsonLinesPath),
               RouteClass::kWrite,
               [context](const HttpRequest& request, HttpResponse* response) {
                 JsonLines(context, request, response);
               }});
}

}  // namespace varve::server
