#include "server/write_answer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "server/http_status.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::AppendResult;
using storage::StrCat;

// Shippers log the first line of an answer up to about this length.
constexpr size_t kReasonBytesMax = 1024;
constexpr size_t kReasonsMax = 5;

// Counts a batch against the ingestion rate.
absl::Status Admit(ApiContext* context, const storage::LogBatch& batch) {
  if (!context->ingestion_rate.is_limited()) return absl::OkStatus();
  uint64_t bytes = 0;
  for (const storage::Entry& entry : batch.entries) {
    bytes += entry.line.size() + entry.metadata.packed().size();
  }
  const int64_t now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::steady_clock::now().time_since_epoch())
                             .count();
  if (context->ingestion_rate.Take(bytes, now_ns)) return absl::OkStatus();
  CountRejected(context, "logs", "rate_limited", batch.entries.size());
  return absl::AbortedError(StrCat(
      "ingestion rate limit exceeded for user fake (limit: ",
      context->ingestion_rate.bytes_per_second(), " bytes/sec) while attempting to ingest '",
      batch.entries.size(), "' lines totaling '", bytes,
      "' bytes, reduce log volume or contact your Loki administrator to see if the limit can "
      "be increased"));
}

}  // namespace

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

void KeepMetadata(ApiContext* context, const std::vector<storage::MetricMetadata>& metadata) {
  if (metadata.empty()) return;
  context->metadata.Add(metadata);
  const absl::Status saved = context->metadata.SaveIfDue(NowMs());
  if (!saved.ok()) {
    context->logger->Warn("cannot save the metadata of metrics",
                          {{"err", std::string(storage::ToStd(saved.message()))}});
  }
}

ingest::LokiPushOptions PushOptions(const ApiContext& context) {
  ingest::LokiPushOptions options = context.options->push;
  options.discover_service_name = context.options->discover_service_name;
  options.discover_level = context.options->discover_level;
  options.body_bytes_max = context.options->http.body_bytes_max;
  return options;
}

storage::AppendResult AppendAndPublish(ApiContext* context, const storage::LogBatch& batch) {
  if (absl::Status admitted = Admit(context, batch); !admitted.ok()) {
    storage::AppendResult refused;
    refused.status = std::move(admitted);
    return refused;
  }
  storage::AppendResult result = context->database->AppendLogs(batch);
  if (!result.status.ok()) return result;
  storage::TimeRange range_ms = storage::TimeRange::All();
  const storage::StorageOptions& options = context->options->storage;
  // Only then is there anything that the storage refused for its age.
  if (result.rejected > 0 && options.retention_ms > 0) {
    range_ms = {NowMs() - options.retention_ms, NowMs() + options.future_max_ms + 1};
  }
  context->tails.Publish(batch, range_ms);
  return result;
}

void CountTruncated(ApiContext* context, uint64_t count) {
  if (count == 0) return;
  context->metrics
      ->FindCounter("varve_log_lines_truncated_total", "Log lines cut to the longest allowed.", {})
      ->Add(count);
}

void CountRejected(ApiContext* context, std::string_view signal, std::string_view reason,
                   uint64_t count) {
  context->metrics
      ->FindCounter("varve_rejected_total", "Samples and log entries refused, by reason.",
                    {{"signal", std::string(signal)}, {"reason", std::string(reason)}})
      ->Add(count);
}

void CountRejectedEntries(ApiContext* context, const ingest::LokiPushRequest& decoded,
                          const AppendResult& result) {
  for (size_t i = 0; i < storage::kRejectReasons; ++i) {
    const uint64_t count = decoded.rejected_by[i] + result.rejected_by[i];
    const auto reason = static_cast<storage::RejectReason>(i);
    if (count > 0) CountRejected(context, "logs", storage::RejectReasonText(reason), count);
  }
}

void AnswerRejectedSamples(ApiContext* context, std::string_view what, uint64_t accepted,
                           uint64_t rejected, const std::vector<storage::Rejection>& rejections,
                           HttpResponse* response) {
  // Only the first rejections are listed with their reasons.
  for (const storage::Rejection& rejection : rejections) {
    CountRejected(context, "metrics", storage::RejectReasonText(rejection.reason), 1);
  }
  if (rejected > rejections.size()) {
    CountRejected(context, "metrics", "other", rejected - rejections.size());
  }
  AnswerRejected(what, accepted, rejected, rejections, response);
}

void AnswerRejected(std::string_view what, uint64_t accepted, uint64_t rejected,
                    const std::vector<storage::Rejection>& rejections, HttpResponse* response) {
  std::string text = StrCat(rejected, " of ", accepted + rejected, " ", what, " rejected");
  for (size_t i = 0; i < std::min(rejections.size(), kReasonsMax); ++i) {
    storage::StrAppend(&text, i == 0 ? ": " : "; ", rejections[i].message);
  }
  AnswerText(400, std::move(text), response);
}

void StoreEntries(ApiContext* context, ingest::LokiPushRequest decoded, std::string_view what,
                  HttpResponse* response) {
  CountTruncated(context, decoded.truncated);
  const storage::AppendResult result = AppendAndPublish(context, decoded.batch);
  if (!result.status.ok()) return AnswerStatus(result.status, response);
  std::vector<storage::Rejection> rejections = std::move(decoded.rejections);
  rejections.insert(rejections.end(), result.rejections.begin(), result.rejections.end());
  CountRejectedEntries(context, decoded, result);
  const uint64_t rejected = decoded.rejected + result.rejected;
  if (rejected > 0) {
    return AnswerRejected(what, result.accepted, rejected, rejections, response);
  }
  response->status = 204;
}

}  // namespace varve::server
