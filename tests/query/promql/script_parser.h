// The test script language of PromQL: series to load, queries, and what they answer.
//
//   load 5m
//     requests_total{path="/a"} 0+10x5 _ stale
//   eval instant at 20m rate(requests_total[10m])
//     expect no_warn
//     {path="/a"} 0.0333
//   eval range from 0 to 10m step 5m requests_total
//     requests_total{path="/a"} 0 10 20
//   clear
//   features promql-delayed-name-removal
//
// `metric@st -30s _` gives the start timestamps of the points of `metric`, as distances from them.
// `features` says which of --enable-feature are on from there on.
//
// Native histograms: script_value.h. load_with_nhcb: script_custom_buckets.h.
//
// Threads:  functions without state.
// Errors:   INVALID_ARGUMENT naming the line.
#ifndef TESTS_QUERY_PROMQL_SCRIPT_PARSER_H_
#define TESTS_QUERY_PROMQL_SCRIPT_PARSER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/model/label_set.h"
#include "tests/query/promql/script_value.h"

namespace varve::tests {

struct ScriptSeries {
  storage::LabelSet labels;
  ScriptPoints points;
  // Of a line with @st, which has no points: distances (ms) from each point's time.
  std::vector<std::optional<int64_t>> start_distances_ms;
};

struct ScriptExpectation {
  enum class Kind { kAny, kMessage, kRegex };
  Kind kind = Kind::kAny;
  std::string text;
};

struct ScriptCommand {
  enum class Kind { kLoad, kInstant, kRange, kClear, kFeatures };

  Kind kind = Kind::kClear;
  size_t line = 0;
  std::vector<ScriptSeries> series;  // to load, or to expect
  bool with_custom_buckets = false;  // load_with_nhcb

  std::string expr;      // of kFeatures: their names
  int64_t start_ms = 0;  // of kInstant: its time
  int64_t end_ms = 0;
  int64_t step_ms = 0;  // of kLoad: the interval
  bool ordered = false;
  bool no_warn = false;
  bool no_info = false;
  std::vector<ScriptExpectation> fail;
  std::vector<ScriptExpectation> warn;
  std::vector<ScriptExpectation> info;
  std::optional<std::string> string;
  struct RangeVector {
    int64_t start_ms = 0;
    int64_t step_ms = 0;
  };
  std::optional<RangeVector> range_vector;
};

absl::StatusOr<std::vector<ScriptCommand>> ParseScript(std::string_view text);

}  // namespace varve::tests

#endif  // TESTS_QUERY_PROMQL_SCRIPT_PARSER_H_
