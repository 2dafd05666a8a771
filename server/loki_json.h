// The JSON of the Loki API. The order of the fields is part of the contract: Grafana reads
// resultType, then encodingFlags, then result, then stats, and knows no other keys.
//
// Threads:  functions without state.
#ifndef SERVER_LOKI_JSON_H_
#define SERVER_LOKI_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/result.h"
#include "server/http/http_message.h"
#include "server/json_writer.h"
#include "storage/querier.h"

namespace varve::server {

// What the `stats` of an answer say.
struct LokiStats {
  uint64_t lines = 0;
  uint64_t bytes = 0;
  double seconds = 0;
};

// Whether a request asks for the kinds of labels to be kept apart, by
// X-Loki-Response-Encoding-Flags: categorize-labels.
bool WantsCategorizedLabels(const HttpRequest& request);

// [{"stream":{...},"values":[...]},...]. Without categories the labels must be merged already.
void WriteLokiStreams(const query::StreamsResult& streams, bool categorize_labels,
                      JsonWriter* json);
void AnswerLokiResult(query::QueryResult result, bool categorize_labels, const LokiStats& stats,
                      HttpResponse* response);
// {"status":"success","data":[...]}, without data where there is none.
void AnswerLokiTexts(const std::vector<std::string>& texts, HttpResponse* response);
// {"streams":1,"chunks":2,"bytes":3,"entries":4}
void WriteLokiIndexStats(const storage::LogVolume& volume, JsonWriter* json);
// Text, as Loki's errors are.
void AnswerLokiError(const absl::Status& status, HttpResponse* response);

}  // namespace varve::server

#endif  // SERVER_LOKI_JSON_H_
