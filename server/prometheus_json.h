// The JSON of the Prometheus API: {"status":"success","data":...}.
//
// Threads:  functions without state.
#ifndef SERVER_PROMETHEUS_JSON_H_
#define SERVER_PROMETHEUS_JSON_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/engine/query_context.h"
#include "query/result.h"
#include "server/http/http_message.h"
#include "server/json_writer.h"
#include "storage/model/label_set.h"

namespace varve::server {

inline constexpr std::string_view kJsonContentType = "application/json";

// Keeps at most `limit` series of a result and says so in its warnings. 0: no limit.
void TruncateResult(uint64_t limit, query::QueryResult* result);

// `"resultType":"matrix","result":[...]` inside an object that is open. A long result is written by
// the threads of `query`; nullptr: by this one.
void WritePrometheusResult(const query::QueryResult& result, query::QueryContext* query,
                           JsonWriter* json);

// Answers 200 with `write_data` for the value of "data".
void AnswerSuccess(const std::function<void(JsonWriter*)>& write_data,
                   const std::vector<std::string>& warnings, const std::vector<std::string>& infos,
                   HttpResponse* response);
// Answers a list of label sets. A long one is written by the threads of `query`.
void AnswerLabelSets(const std::vector<storage::LabelSetView>& series,
                     const std::vector<std::string>& warnings, query::QueryContext* query,
                     HttpResponse* response);
// Answers a sorted list of texts, at most `limit` of them.
void AnswerTexts(std::vector<std::string> texts, uint64_t limit, HttpResponse* response);
void AnswerError(const absl::Status& status, HttpResponse* response);
void AnswerError(int code, std::string_view error_type, std::string_view message,
                 HttpResponse* response);

}  // namespace varve::server

#endif  // SERVER_PROMETHEUS_JSON_H_
