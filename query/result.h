// QueryResult: what an expression evaluated to, ready to be written as JSON.
//
// Threads:  values.
#ifndef QUERY_RESULT_H_
#define QUERY_RESULT_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "query/engine/step_vector.h"
#include "storage/model/histogram.h"
#include "storage/model/label_set.h"
#include "storage/model/sample.h"

namespace varve::query {

struct ScalarResult {
  storage::Sample sample;
};

struct StringResult {
  int64_t timestamp_ms = 0;
  std::string text;
};

struct VectorResult {
  struct Item {
    storage::LabelSet labels;
    storage::Sample sample;
    storage::HistogramPtr histogram = nullptr;  // in the place of the sample's value, or nullptr
  };
  std::vector<Item> items;
};

// A range query's answer (points at steps) or a range vector's (points as they were stored).
struct MatrixResult {
  struct HistogramSample {
    int64_t timestamp_ms = 0;
    storage::HistogramPtr histogram;
  };
  struct Series {
    storage::LabelSet labels;
    std::vector<storage::Sample> samples;
    std::vector<HistogramSample> histograms = {};
  };
  std::vector<Series> series;  // sorted by labels
};

// Log lines. The three kinds of labels are kept apart; the server merges them where asked to.
struct StreamsResult {
  struct Line {
    int64_t timestamp_ns = 0;
    std::string line;
    storage::LabelSet structured_metadata;
    storage::LabelSet parsed;
  };
  struct Stream {
    storage::LabelSet labels;  // indexed labels, as far as the pipeline left them
    std::vector<Line> lines;   // in the query's direction
  };
  std::vector<Stream> streams;
};

struct QueryResult {
  std::variant<ScalarResult, StringResult, VectorResult, MatrixResult, StreamsResult> value;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

}  // namespace varve::query

#endif  // QUERY_RESULT_H_
