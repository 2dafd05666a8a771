// LogBatchBuilder: puts the entries of a push request into a batch: checks limits, makes label sets
// and adds what Loki discovers at ingest.
//
// Threads:  one-thread.
// Owns:     nothing; everything goes into the request.
#ifndef INGEST_LOG_BATCH_BUILDER_H_
#define INGEST_LOG_BATCH_BUILDER_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/loki_push.h"

namespace varve::ingest {

class LogBatchBuilder {
 public:
  using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

  LogBatchBuilder(const LokiPushOptions& options, LokiPushRequest* request)
      : options_(options), request_(request) {}

  // Begins a stream. When its labels are refused, all entries up to the next stream are rejected.
  // The views need not outlive the call.
  void BeginStream(Pairs labels);
  // The same for labels that could not even be read.
  void BeginUnreadableStream(std::string_view why);
  // `line` must outlive the request; `metadata` need not. nullopt: it was taken, as the last of the
  // batch; else why it was not.
  std::optional<storage::Rejection> AddEntry(int64_t timestamp_ns, std::string_view line,
                                             Pairs metadata);
  void RejectEntry(std::string message) {
    request_->Reject(storage::RejectReason::kInvalidLabels, std::move(message));
  }
  void EndStream();

 private:
  // Whether the labels of a stream are within the limits; what is not is kept in refused_.
  bool CheckLabels(const Pairs& labels);
  std::optional<storage::Rejection> CheckLine(std::string_view* line);
  std::optional<storage::Rejection> CheckMetadata(const Pairs& metadata) const;
  storage::LabelSetView Metadata(std::string_view line, Pairs metadata);

  const LokiPushOptions& options_;
  LokiPushRequest* request_;
  storage::LabelSetView stream_;
  std::string refused_;  // why the current stream is refused
  storage::RejectReason refused_reason_ = storage::RejectReason::kInvalidLabels;
};

}  // namespace varve::ingest

#endif  // INGEST_LOG_BATCH_BUILDER_H_
