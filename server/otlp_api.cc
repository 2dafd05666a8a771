#include "server/otlp_api.h"

#include <protozero/pbf_writer.hpp>

#include <utility>
#include <vector>

#include "ingest/otlp_logs.h"
#include "server/http_status.h"
#include "server/json_writer.h"
#include "server/write_answer.h"
#include "storage/model/text.h"
#include "storage/model/time_range.h"

namespace varve::server {
namespace {

using ingest::OtlpForm;
using storage::AppendResult;

void SetContentType(OtlpForm form, HttpResponse* response) {
  response->content_type = form == OtlpForm::kJson ? "application/json" : "application/x-protobuf";
}

// google.rpc.Status: code and message.
void AnswerOtlpError(const absl::Status& status, OtlpForm form, HttpResponse* response) {
  AnswerStatus(status, response);
  if (response->status == 500) {
    response->status = 503;
    response->headers.emplace_back("Retry-After", "5");
  }
  const std::string message(storage::ToStd(status.message()));
  response->body.clear();
  SetContentType(form, response);
  if (form == OtlpForm::kJson) {
    JsonWriter json(&response->body);
    json.BeginObject();
    json.Key("code");
    json.Int(static_cast<int>(status.code()));
    json.Key("message");
    json.String(message);
    json.EndObject();
  } else {
    protozero::pbf_writer writer(response->body);
    writer.add_int32(1, static_cast<int32_t>(status.code()));
    writer.add_string(2, message);
  }
}

// An ExportLogsServiceResponse.
void AnswerOtlpSuccess(uint64_t rejected, std::string_view reason, OtlpForm form,
                       HttpResponse* response) {
  response->status = 200;
  SetContentType(form, response);
  if (form == OtlpForm::kJson) {
    JsonWriter json(&response->body);
    json.BeginObject();
    if (rejected > 0) {
      json.Key("partialSuccess");
      json.BeginObject();
      json.Key("rejectedLogRecords");
      json.String(std::to_string(rejected));
      json.Key("errorMessage");
      json.String(reason);
      json.EndObject();
    }
    json.EndObject();
  } else if (rejected > 0) {
    protozero::pbf_writer writer(response->body);
    protozero::pbf_writer partial(writer, 1);
    partial.add_int64(1, static_cast<int64_t>(rejected));
    partial.add_string(2, std::string(reason));
  }
}

void PushLogs(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  OtlpForm form = OtlpForm::kProtobuf;
  absl::Status status = ingest::ReadOtlpForm(request.Header("content-type"), &form);
  if (!status.ok()) return AnswerOtlpError(status, form, response);
  const ingest::LokiPushOptions options = PushOptions(*context);
  ingest::LokiPushRequest decoded;
  status = ingest::DecodeOtlpLogs(form, request.Header("content-encoding"), request.body,
                                  NowMs() * storage::kNanosecondsPerMillisecond, options, &decoded);
  if (!status.ok()) return AnswerOtlpError(status, form, response);
  CountTruncated(context, decoded.truncated);
  const AppendResult result = AppendAndPublish(context, decoded.batch);
  if (!result.status.ok()) return AnswerOtlpError(result.status, form, response);
  std::vector<storage::Rejection> rejections = std::move(decoded.rejections);
  rejections.insert(rejections.end(), result.rejections.begin(), result.rejections.end());
  CountRejectedEntries(context, decoded, result);
  const std::string_view reason = rejections.empty() ? "" : std::string_view(rejections[0].message);
  AnswerOtlpSuccess(decoded.rejected + result.rejected, reason, form, response);
}

}  // namespace

void AddOtlpRoutes(ApiContext* context, Router* router) {
  router->Add({{"POST"},
               std::string(kOtlpLogsPath),
               RouteClass::kWrite,
               [context](const HttpRequest& request, HttpResponse* response) {
                 PushLogs(context, request, response);
               }});
}

}  // namespace varve::server
