// QueryRecorder: counts one query in the server's metrics when it goes out of scope.
//
// Threads:  one thread.
#ifndef SERVER_QUERY_RECORDER_H_
#define SERVER_QUERY_RECORDER_H_

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "query/engine/query_context.h"
#include "server/api_context.h"

namespace varve::server {

class QueryRecorder {
 public:
  // `language`: "promql" or "logql".
  QueryRecorder(ApiContext* context, std::string language)
      : context_(context),
        language_(std::move(language)),
        start_(std::chrono::steady_clock::now()) {}

  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

  // Counts the query: once, when it has been evaluated.
  void Record(const absl::Status& status, query::QueryContext* query) const {
    MetricsRegistry& metrics = *context_->metrics;
    const MetricLabels labels = {{"language", language_}};
    metrics.FindHistogram("varve_query_duration_seconds", "Time queries took to evaluate.", labels)
        ->Observe(seconds());
    metrics.FindCounter("varve_query_samples_total", "Samples that queries decoded.", labels)
        ->Add(query->stats().samples.load());
    metrics.FindCounter("varve_query_entries_total", "Log entries that queries looked at.", labels)
        ->Add(query->stats().entries.load());
    if (!status.ok()) {
      metrics
          .FindCounter("varve_query_failures_total", "Queries that failed, by reason.",
                       {{"language", language_}, {"reason", StatusCodeText(status.code())}})
          ->Add();
    }
  }

 private:
  static std::string StatusCodeText(absl::StatusCode code) {
    std::string text = absl::StatusCodeToString(code);
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return text;
  }

  ApiContext* context_;
  std::string language_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace varve::server

#endif  // SERVER_QUERY_RECORDER_H_
