// Answers of the query and metadata APIs, read from JSON: both Prometheus's and Loki's envelope.
//
// Threads:  thread-compatible values.
// Owns:     all text.
// Errors:   INTERNAL for what is no such answer.
// Format:   prometheus.io/docs/prometheus/latest/querying/api,
//           grafana.com/docs/loki/latest/reference/loki-http-api
#ifndef TOOLS_QUERY_ANSWER_H_
#define TOOLS_QUERY_ANSWER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace varve::tools {

// In the order of the answer, which is sorted.
using AnswerLabels = std::vector<std::pair<std::string, std::string>>;

struct AnswerSample {
  int64_t time_ns = 0;
  std::string value;  // as the server wrote it; a native histogram as `{count:3, sum:1.5, (0,1]:3}`
};
struct AnswerSeries {
  AnswerLabels labels;
  std::vector<AnswerSample> samples;
};
struct AnswerLine {
  int64_t time_ns = 0;
  std::string line;
};
struct AnswerStream {
  AnswerLabels labels;
  std::vector<AnswerLine> lines;  // in the direction of the query
};

enum class ResultKind { kScalar, kString, kVector, kMatrix, kStreams };

struct QueryAnswer {
  ResultKind kind = ResultKind::kVector;
  std::vector<AnswerSeries> series;   // kVector: one sample each; kScalar, kString: one, no labels
  std::vector<AnswerStream> streams;  // kStreams
  std::vector<std::string> notices;   // warnings and infos
  std::string data;                   // the JSON under "data", as it came
};
absl::StatusOr<QueryAnswer> ParseQueryAnswer(std::string_view body);

// A list of names or values; Loki leaves "data" out where it is empty.
struct TextsAnswer {
  std::vector<std::string> texts;
  std::vector<std::string> notices;
  std::string data;
};
absl::StatusOr<TextsAnswer> ParseTextsAnswer(std::string_view body);

struct LabelSetsAnswer {
  std::vector<AnswerLabels> label_sets;
  std::vector<std::string> notices;
  std::string data;
};
absl::StatusOr<LabelSetsAnswer> ParseLabelSetsAnswer(std::string_view body);

// name{a="b", c="d"}; names that are no identifiers stand in quotes.
std::string SeriesText(const AnswerLabels& labels);

}  // namespace varve::tools

#endif  // TOOLS_QUERY_ANSWER_H_
