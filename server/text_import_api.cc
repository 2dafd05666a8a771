// POST /api/v1/import/prometheus: samples as text, for curl, cron jobs and whatever has a page of
// metrics in its hands.
//
// `timestamp` (milliseconds; now where it is absent) is the time of samples that have none,
// `extra_label=name=value` a label that all series get.
#include <charconv>
#include <utility>

#include "ingest/prometheus_text.h"
#include "server/write_answer.h"
#include "server/write_api.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::Quote;
using storage::StrCat;

absl::StatusOr<ingest::PrometheusTextOptions> ReadOptions(const HttpRequest& request) {
  ingest::PrometheusTextOptions options;
  options.open_metrics = ingest::IsOpenMetrics(request.Header("content-type"));
  options.timestamp_ms = NowMs();
  const std::string_view timestamp = request.query.Get("timestamp");
  if (!timestamp.empty()) {
    const char* end = timestamp.data() + timestamp.size();
    const auto parsed = std::from_chars(timestamp.data(), end, options.timestamp_ms);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return absl::InvalidArgumentError(
          StrCat("cannot read timestamp: ", Quote(timestamp), ", want milliseconds"));
    }
  }
  for (const auto& [name, value] : request.query.pairs()) {
    if (name != "extra_label") continue;
    const std::string_view label = value;
    const size_t equals = label.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return absl::InvalidArgumentError(
          StrCat("cannot read extra_label: ", Quote(label), ", want name=value"));
    }
    options.extra_labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  }
  storage::LabelSet labels;
  VARVE_RETURN_IF_ERROR(ingest::CheckLabels(options.extra_labels, &labels));
  return options;
}

void ImportText(ApiContext* context, const HttpRequest& request, HttpResponse* response) {
  const absl::StatusOr<ingest::PrometheusTextOptions> options = ReadOptions(request);
  if (!options.ok()) return AnswerStatus(options.status(), response);
  ingest::PrometheusTextRequest decoded;
  const absl::Status status = ingest::DecodePrometheusText(
      *options, request.Header("content-encoding"), request.body, &decoded);
  if (!status.ok()) return AnswerStatus(status, response);
  KeepMetadata(context, decoded.metadata);
  const storage::AppendResult result = context->database->AppendMetrics(decoded.batch);
  if (!result.status.ok()) return AnswerStatus(result.status, response);
  std::vector<storage::Rejection> rejections = std::move(decoded.rejections);
  rejections.insert(rejections.end(), result.rejections.begin(), result.rejections.end());
  const uint64_t rejected = decoded.rejected + result.rejected;
  if (rejected > 0) {
    return AnswerRejectedSamples(context, "lines", result.accepted, rejected, rejections, response);
  }
  response->status = 204;
}

}  // namespace

void AddTextImportRoutes(ApiContext* context, Router* router) {
  router->Add({{"POST"},
               std::string(kTextImportPath),
               RouteClass::kWrite,
               [context](const HttpRequest& request, HttpResponse* response) {
                 ImportText(context, request, response);
               }});
}

}  // namespace varve::server
