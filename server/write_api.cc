#include "server/write_api.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ingest/loki_push.h"
#include "ingest/remote_write.h"
#include "server/json_lines_api.h"
#include "server/write_answer.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::AppendResult;

constexpr std::array<std::string_view, 2> kRemoteWritePaths = {"/api/v1/write", "/api/v1/push"};
constexpr std::array<std::string_view, 2> kLokiPushPaths = {"/loki/api/v1/push", "/api/prom/push"};

// What a sender of 2.0 must be told, and one of 1.0 must not.
void AddWritten(const AppendResult& result, HttpResponse* response) {
  const std::pair<std::string_view, uint64_t> written[] = {
      {"Samples", result.accepted},
      {"Histograms", result.histograms_accepted},
      {"Exemplars", result.exemplars_accepted}};
  for (const auto& [what, count] : written) {
    response->headers.emplace_back(storage::StrCat("X-Prometheus-Remote-Write-", what, "-Written"),
                                   std::to_string(count));
  }
}

void RemoteWrite(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  if (request.query.Has("get_vm_proto_version")) return AnswerText(200, "1", response);
  ingest::RemoteWriteRequest decoded;
  absl::Status status = ingest::DecodeRemoteWrite(
      request.Header("content-type"), request.Header("content-encoding"), request.body, &decoded);
  AppendResult result;
  if (status.ok()) {
    KeepMetadata(context, decoded.metadata);
    result = context->database->AppendMetrics(decoded.batch);
    status = result.status;
    if (!status.ok()) result = AppendResult{};  // nothing is promised
  }
  if (decoded.version == ingest::RemoteWriteVersion::k2) AddWritten(result, response);
  if (!status.ok()) return AnswerStatus(status, response);

  const storage::MetricBatch& batch = decoded.batch;
  const uint64_t exemplars_lost =
      batch.exemplars.size() -
      std::min<uint64_t>(batch.exemplars.size(), result.exemplars_accepted) +
      decoded.exemplars_dropped;
  if (exemplars_lost > 0) CountRejected(context, "exemplars", "not_stored", exemplars_lost);
  std::vector<storage::Rejection> rejections = std::move(decoded.rejections);
  rejections.insert(rejections.end(), result.rejections.begin(), result.rejections.end());
  const uint64_t rejected = decoded.rejected + result.rejected;
  if (rejected > 0 || !rejections.empty()) {
    return AnswerRejectedSamples(context, "samples", result.accepted + result.histograms_accepted,
                                 rejected, rejections, response);
  }
  response->status = 204;
}

void LokiPush(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const ingest::LokiPushOptions options = PushOptions(*context);
  ingest::LokiPushRequest decoded;
  const absl::Status status =
      ingest::DecodeLokiPush(request.Header("content-type"), request.Header("content-encoding"),
                             request.body, options, &decoded);
  if (!status.ok()) return AnswerStatus(status, response);
  StoreEntries(context, std::move(decoded), "entries", response);
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
         std::find(kLokiPushPaths.begin(), kLokiPushPaths.end(), path) != kLokiPushPaths.end() ||
         path == kTextImportPath || path == kJsonLinesPath;
}

}  // namespace varve::server
