// POST /api/v1/read: series for another Prometheus, which evaluates its queries itself.
#include <atomic>
#include <memory>
#include <utility>

#include "server/http_status.h"
#include "server/prometheus_api.h"
#include "server/remote_read/read_request.h"
#include "server/remote_read_message.h"
#include "server/remote_read_stream.h"
#include "server/write_answer.h"

namespace varve::server {
namespace {

constexpr std::string_view kStreamContentType =
    "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";

void RemoteRead(ApiContext* context, const std::shared_ptr<std::atomic<uint64_t>>& running,
                const HttpRequest& request, HttpResponse* response) {
  auto slot = std::make_unique<ReadSlot>(running, context->options->remote_read_concurrency);
  if (!*slot) return AnswerText(503, "too many remote reads are running", response);
  absl::StatusOr<ReadRequest> wanted =
      DecodeReadRequest(request.Header("content-encoding"), request.body);
  if (!wanted.ok()) return AnswerStatus(wanted.status(), response);
  if (wanted->answer == ReadAnswer::kSamples) {
    auto message =
        std::make_shared<RemoteReadMessage>(context, *wanted, request.cancelled, std::move(slot));
    absl::Status status = message->Measure();
    if (status.ok()) status = message->Next(&response->body);
    if (!status.ok()) return AnswerStatus(status, response);
    response->content_type = "application/x-protobuf";
    response->headers.emplace_back("Content-Encoding", "snappy");
    if (!message->ended()) response->source = std::move(message);
    return;
  }
  auto stream = std::make_shared<RemoteReadStream>(context, *std::move(wanted), request.cancelled,
                                                   std::move(slot));
  // What cannot be answered at all is an error, not a stream that breaks off.
  const absl::Status status = stream->Next(&response->body);
  if (!status.ok()) return AnswerStatus(status, response);
  response->content_type = kStreamContentType;
  if (!stream->ended()) response->source = std::move(stream);
}

}  // namespace

void AddRemoteReadRoutes(ApiContext* context, Router* router) {
  const auto running = std::make_shared<std::atomic<uint64_t>>(0);
  router->Add({{"POST"},
               "/api/v1/read",
               RouteClass::kQuery,
               [context, running](const HttpRequest& request, HttpResponse* response) {
                 RemoteRead(context, running, request, response);
               }});
}

}  // namespace varve::server
