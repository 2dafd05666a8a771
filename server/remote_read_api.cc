// POST /api/v1/read: series for another Prometheus, which evaluates its queries itself.
#include <snappy.h>

#include <atomic>
#include <memory>
#include <utility>

#include "query/engine/query_context.h"
#include "server/http_status.h"
#include "server/prometheus_api.h"
#include "server/query_recorder.h"
#include "server/remote_read/read_request.h"
#include "server/remote_read/read_response.h"
#include "server/remote_read_stream.h"
#include "server/write_answer.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using storage::StrCat;

constexpr std::string_view kStreamContentType =
    "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
// An answer of samples is one message, compressed as one: it is made in memory.
constexpr size_t kReadAnswerBytesMax = 512 << 20;

// Makes the answer that is one message.
class SampleAnswerer {
 public:
  SampleAnswerer(ApiContext* context, query::QueryContext* query)
      : context_(context), query_(query) {}

  absl::StatusOr<std::string> Answer(const ReadRequest& request) {
    const std::unique_ptr<storage::Querier> querier = context_->database->NewQuerier();
    std::string answer;
    for (const ReadQuery& wanted : request.queries) {
      std::string result;
      VARVE_RETURN_IF_ERROR(AddQuery(*querier, wanted, &result));
      AppendReadResult(result, &answer);
      VARVE_RETURN_IF_ERROR(CheckSize(answer));
    }
    return answer;
  }

 private:
  absl::Status AddQuery(const storage::Querier& querier, const ReadQuery& wanted,
                        std::string* out) {
    if (wanted.range_ms.empty()) return absl::OkStatus();
    VARVE_RETURN_IF_ERROR(query_->CheckAlive());
    VARVE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::MetricSelection> selection,
                           querier.SelectMetrics(wanted.matchers, wanted.range_ms));
    VARVE_RETURN_IF_ERROR(query_->ChargeSeries(selection->size()));
    storage::SampleColumns columns;
    for (size_t i = 0; i < selection->size(); ++i) {
      VARVE_RETURN_IF_ERROR(query_->CheckAlive());
      VARVE_RETURN_IF_ERROR(selection->Read(i, wanted.range_ms, &columns));
      const size_t samples = columns.values.size() + columns.histograms.size();
      if (samples == 0) continue;
      query_->stats().samples.fetch_add(samples, std::memory_order_relaxed);
      samples_ += samples;
      const uint64_t most = context_->options->remote_read_samples_max;
      if (most > 0 && samples_ > most) {
        return absl::InvalidArgumentError(StrCat("exceeded sample limit (", most, ")"));
      }
      AppendReadSeries(selection->labels(i), columns, out);
      VARVE_RETURN_IF_ERROR(CheckSize(*out));
    }
    return absl::OkStatus();
  }

  static absl::Status CheckSize(const std::string& answer) {
    if (answer.size() <= kReadAnswerBytesMax) return absl::OkStatus();
    return absl::InvalidArgumentError(
        StrCat("cannot answer remote read: more than ", kReadAnswerBytesMax,
               " bytes, want fewer series, a shorter range or the streamed answer"));
  }

  ApiContext* context_;
  query::QueryContext* query_;
  uint64_t samples_ = 0;
};

void AnswerSamples(ApiContext* context, const HttpRequest& request, const ReadRequest& wanted,
                   HttpResponse* response) {
  const QueryRecorder recorder(context, "remote_read");
  query::QueryContext query(context->options->query, context->workers, request.cancelled.get());
  const absl::StatusOr<std::string> answer = SampleAnswerer(context, &query).Answer(wanted);
  recorder.Record(answer.status(), &query);
  if (!answer.ok()) return AnswerStatus(answer.status(), response);
  response->content_type = "application/x-protobuf";
  response->headers.emplace_back("Content-Encoding", "snappy");
  snappy::Compress(answer->data(), answer->size(), &response->body);
}

void RemoteRead(ApiContext* context, const std::shared_ptr<std::atomic<uint64_t>>& running,
                const HttpRequest& request, HttpResponse* response) {
  auto slot = std::make_unique<ReadSlot>(running, context->options->remote_read_concurrency);
  if (!*slot) return AnswerText(503, "too many remote reads are running", response);
  absl::StatusOr<ReadRequest> wanted =
      DecodeReadRequest(request.Header("content-encoding"), request.body);
  if (!wanted.ok()) return AnswerStatus(wanted.status(), response);
  if (wanted->answer == ReadAnswer::kSamples) {
    return AnswerSamples(context, request, *wanted, response);
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
