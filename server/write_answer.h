// What is answered to a write: 204, or the reason why something of it was not stored.
//
// Threads:  functions without state.
#ifndef SERVER_WRITE_ANSWER_H_
#define SERVER_WRITE_ANSWER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ingest/loki_push.h"
#include "server/api_context.h"
#include "server/http/http_message.h"
#include "storage/appender.h"

namespace varve::server {

// One line of text, cut at the length that shippers log.
void AnswerText(int status, std::string text, HttpResponse* response);
void AnswerStatus(const absl::Status& status, HttpResponse* response);

// 400 with the first of the reasons. The others of the `accepted + rejected` are stored.
// `what`: "samples" or "entries".
void AnswerRejected(std::string_view what, uint64_t accepted, uint64_t rejected,
                    const std::vector<storage::Rejection>& rejections, HttpResponse* response);
// The same of samples, which are counted too.
void AnswerRejectedSamples(ApiContext* context, std::string_view what, uint64_t accepted,
                           uint64_t rejected, const std::vector<storage::Rejection>& rejections,
                           HttpResponse* response);

// Keeps what senders say about metric families; now and then it is saved.
void KeepMetadata(ApiContext* context, const std::vector<storage::MetricMetadata>& metadata);
// How pushed entries are read.
ingest::LokiPushOptions PushOptions(const ApiContext& context);
// Stores entries; those that were accepted are then offered to the live tails. ABORTED, which is
// 429, where they are more than the ingestion rate lets in.
storage::AppendResult AppendAndPublish(ApiContext* context, const storage::LogBatch& batch);
// The same with what a push was decoded to, and its answer: 204, or what of it was refused. `what`
// as in AnswerRejected.
void StoreEntries(ApiContext* context, ingest::LokiPushRequest decoded, std::string_view what,
                  HttpResponse* response);

// Counts lines that were cut to the longest that is stored.
void CountTruncated(ApiContext* context, uint64_t count);
// Counts the entries of a push that were refused, before and by the storage.
void CountRejectedEntries(ApiContext* context, const ingest::LokiPushRequest& decoded,
                          const storage::AppendResult& result);
// Counts what was refused in our own metrics.
void CountRejected(ApiContext* context, std::string_view signal, std::string_view reason,
                   uint64_t count);

}  // namespace varve::server

#endif  // SERVER_WRITE_ANSWER_H_
