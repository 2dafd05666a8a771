// OtlpLogSink: what both forms of an OTLP request are read into: resources, scopes and records as
// they come, which it turns into streams and entries.
//
// Threads:  one-thread.
// Owns:     texts made on the way (Keep); other views outlive the request.
#ifndef INGEST_OTLP_LOG_SINK_H_
#define INGEST_OTLP_LOG_SINK_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/log_batch_builder.h"

namespace varve::ingest {

using OtlpAttributes = std::vector<std::pair<std::string_view, std::string_view>>;

struct OtlpScope {
  std::string_view name;
  std::string_view version;
  OtlpAttributes attributes;
};

struct OtlpLogRecord {
  int64_t time_ns = 0;  // 0: not known
  int64_t observed_time_ns = 0;
  int64_t severity_number = 0;
  std::string_view severity_text;
  std::string_view body;
  uint64_t flags = 0;
  std::string_view trace_id;  // in hex
  std::string_view span_id;
  OtlpAttributes attributes;
};

class OtlpLogSink {
 public:
  // `keeper` owns texts for as long as the request lives.
  OtlpLogSink(const LokiPushOptions& options, int64_t now_ns, std::deque<std::string>* keeper,
              LokiPushRequest* request)
      : options_(options), now_ns_(now_ns), keeper_(keeper), builder_(options, request) {}

  std::string_view Keep(std::string text) {
    keeper_->push_back(std::move(text));
    return keeper_->back();
  }

  void BeginResource(const OtlpAttributes& attributes);
  void BeginScope(const OtlpScope& scope);
  void Add(const OtlpLogRecord& record);
  void EndResource() { builder_.EndStream(); }

 private:
  // The name of a label for an attribute: what no label may have in its name becomes `_`.
  std::string_view LabelName(std::string_view attribute);
  void AddMetadata(const OtlpAttributes& attributes, LogBatchBuilder::Pairs* metadata);

  const LokiPushOptions& options_;
  int64_t now_ns_;
  std::deque<std::string>* keeper_;
  LogBatchBuilder builder_;
  LogBatchBuilder::Pairs resource_;
  LogBatchBuilder::Pairs scope_;
};

// `prefix.name` flattened for a nested attribute is `prefix_name`.
std::string NestedAttributeName(std::string_view prefix, std::string_view name);

// A double as the attribute's text that Loki stores: the fewest digits that give it back, with an
// exponent where it is below 1e-6 or from 1e21 on.
std::string OtlpNumberText(double value);
std::string HexText(std::string_view bytes);
std::string Base64Text(std::string_view bytes);
// `"text"` with its escapes, for values inside of objects and arrays.
void AppendOtlpJsonString(std::string_view text, std::string* out);

}  // namespace varve::ingest

#endif  // INGEST_OTLP_LOG_SINK_H_
