#include "server/write_answer.h"

#include <algorithm>
#include <utility>

#include "server/http_status.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using storage::StrCat;

// Shippers log the first line of an answer up to about this length.
constexpr size_t kReasonBytesMax = 1024;
constexpr size_t kReasonsMax = 5;

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

storage::AppendResult AppendAndPublish(ApiContext* context, const storage::LogBatch& batch) {
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

void CountRejected(ApiContext* context, std::string_view signal, std::string_view reason,
                   uint64_t count) {
  context->metrics
      ->FindCounter("varve_rejected_total", "Samples and log entries refused, by reason.",
                    {{"signal", std::string(signal)}, {"reason", std::string(reason)}})
      ->Add(count);
}

void AnswerRejected(ApiContext* context, std::string_view signal, std::string_view what,
                    uint64_t accepted, uint64_t rejected,
                    const std::vector<storage::Rejection>& rejections, HttpResponse* response) {
  // Only the first rejections are listed with their reasons.
  for (const storage::Rejection& rejection : rejections) {
    CountRejected(context, signal, storage::RejectReasonText(rejection.reason), 1);
  }
  if (rejected > rejections.size()) {
    CountRejected(context, signal, "other", rejected - rejections.size());
  }
  std::string text = StrCat(rejected, " of ", accepted + rejected, " ", what, " rejected");
  for (size_t i = 0; i < std::min(rejections.size(), kReasonsMax); ++i) {
    storage::StrAppend(&text, i == 0 ? ": " : "; ", rejections[i].message);
  }
  AnswerText(400, std::move(text), response);
}

}  // namespace varve::server
