#include "server/write_api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ingest/loki_push.h"
#include "ingest/remote_write.h"
#include "server/http_status.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::AppendResult;
using storage::StrCat;

constexpr std::array<std::string_view, 2> kRemoteWritePaths = {"/api/v1/write", "/api/v1/push"};
constexpr std::array<std::string_view, 2> kLokiPushPaths = {"/loki/api/v1/push", "/api/prom/push"};
// Shippers log the first line of an answer up to about this length.
constexpr size_t kReasonBytesMax = 1024;
constexpr size_t kReasonsMax = 5;

void AnswerText(int status, std::string text, HttpResponse* response) {
  response->status = status;
  response->content_type = "text/plain; charset=utf-8";
  if (text.size() > kReasonBytesMax) text.resize(kReasonBytesMax);
  std::replace(text.begin(), text.end(), '\n', ' ');
  response->body = std::move(text) + "\n";
  if (status == 503) response->headers.emplace_back("Retry-After", "5");
}

void AnswerStatus(const absl::Status& status, HttpResponse* response) {
  AnswerText(ToWriteStatus(status.code()), std::string(storage::ToStd(status.message())), response);
}

// Counts what was refused, by reason. Only the first rejections are listed with theirs.
void CountRejected(ApiContext* context, std::string_view signal, uint64_t rejected,
                   const std::vector<storage::Rejection>& rejections) {
  const auto counter = [&](std::string_view reason) {
    return context->metrics->FindCounter(
        "varve_rejected_total", "Samples and log entries refused, by reason.",
        {{"signal", std::string(signal)}, {"reason", std::string(reason)}});
  };
  for (const storage::Rejection& rejection : rejections) {
    counter(storage::RejectReasonText(rejection.reason))->Add();
  }
  if (rejected > rejections.size()) counter("other")->Add(rejected - rejections.size());
}

std::string RejectionText(std::string_view what, uint64_t accepted, uint64_t rejected,
                          const std::vector<storage::Rejection>& rejections) {
  std::string text = StrCat(rejected, " of ", accepted + rejected, " ", what, " rejected");
  for (size_t i = 0; i < std::min(rejections.size(), kReasonsMax); ++i) {
    storage::StrAppend(&text, i == 0 ? ": " : "; ", rejections[i].message);
  }
  return text;
}

void RemoteWrite(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  if (request.query.Has("get_vm_proto_version")) return AnswerText(200, "1", response);
  ingest::RemoteWriteRequest decoded;
  const absl::Status status = ingest::DecodeRemoteWrite(
      request.Header("content-type"), request.Header("content-encoding"), request.body, &decoded);
  if (!status.ok()) return AnswerStatus(status, response);
  context->metadata.Add(decoded.metadata);
  const AppendResult result = context->database->AppendMetrics(decoded.batch);
  if (!result.status.ok()) return AnswerStatus(result.status, response);
  if (result.rejected > 0) {
    CountRejected(context, "metrics", result.rejected, result.rejections);
    return AnswerText(400,
                      RejectionText("samples", result.accepted, result.rejected, result.rejections),
                      response);
  }
  if (decoded.histograms > 0) {
    // Not to say so would promise what is not kept.
    context->metrics
        ->FindCounter("varve_rejected_total", "Samples and log entries refused, by reason.",
                      {{"signal", "metrics"}, {"reason", "native_histogram"}})
        ->Add(decoded.histograms);
    return AnswerText(400,
                      StrCat(decoded.histograms, " of ", result.accepted + decoded.histograms,
                             " samples rejected: native histograms are not stored"),
                      response);
  }
  response->status = 204;
}

void LokiPush(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  ingest::LokiPushOptions options;
  options.discover_service_name = context->options->discover_service_name;
  options.discover_level = context->options->discover_level;
  options.body_bytes_max = context->options->http.body_bytes_max;
  ingest::LokiPushRequest decoded;
  const absl::Status status =
      ingest::DecodeLokiPush(request.Header("content-type"), request.Header("content-encoding"),
                             request.body, options, &decoded);
  if (!status.ok()) return AnswerStatus(status, response);
  const AppendResult result = context->database->AppendLogs(decoded.batch);
  if (!result.status.ok()) return AnswerStatus(result.status, response);
  std::vector<storage::Rejection> rejections = std::move(decoded.rejections);
  rejections.insert(rejections.end(), result.rejections.begin(), result.rejections.end());
  const uint64_t rejected = decoded.rejected + result.rejected;
  if (rejected > 0) {
    CountRejected(context, "logs", rejected, rejections);
    return AnswerText(400, RejectionText("entries", result.accepted, rejected, rejections),
                      response);
  }
  response->status = 204;
}

// Vector asks its write URL with GET whether it is there; old agents of VictoriaMetrics ask for a
// protocol.
void Probe(const HttpRequest& request, HttpResponse* response) {
  const bool asks_protocol = request.query.Has("get_vm_proto_version");
  AnswerText(200, asks_protocol ? "1" : "send samples with POST", response);
}

}  // namespace

void AddWriteRoutes(ApiContext* context, Router* router) {
  for (const std::string_view path : kRemoteWritePaths) {
    router->Add({{"POST"},
                 std::string(path),
                 RouteClass::kWrite,
                 [context](const HttpRequest& request, HttpResponse* response) {
                   RemoteWrite(context, request, response);
                 }});
    router->Add({{"GET"}, std::string(path), RouteClass::kImmediate, Probe});
  }
  for (const std::string_view path : kLokiPushPaths) {
    router->Add({{"POST"},
                 std::string(path),
                 RouteClass::kWrite,
                 [context](const HttpRequest& request, HttpResponse* response) {
                   LokiPush(context, request, response);
                 }});
  }
}

bool IsWritePath(std::string_view path) {
  return std::find(kRemoteWritePaths.begin(), kRemoteWritePaths.end(), path) !=
             kRemoteWritePaths.end() ||
         std::find(kLokiPushPaths.begin(), kLokiPushPaths.end(), path) != kLokiPushPaths.end();
}

}  // namespace varve::server
