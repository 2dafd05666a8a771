// WindowFunction: what an unwrapped range aggregation makes of the samples of one window.
//
// Source of the semantics: Loki's documentation, "Unwrapped range aggregations". Sums are plain and
// in time order, as there.
// Threads:  functions without state.
#ifndef QUERY_LOGQL_WINDOW_FUNCTION_H_
#define QUERY_LOGQL_WINDOW_FUNCTION_H_

#include <cstdint>
#include <span>
#include <vector>

#include "query/logql/ast.h"

namespace varve::query {

// A value unwrapped of one log line.
struct LogSample {
  int64_t timestamp_ns = 0;
  double value = 0;
};

struct Window {
  int64_t start_ns = 0;  // not in the window
  int64_t end_ns = 0;
  std::span<const LogSample> samples;  // at least one, in time order
};

// `parameter` is the quantile of quantile_over_time. `scratch` is reused between calls.
double ApplyWindowFunction(RangeFunction function, double parameter, const Window& window,
                           std::vector<double>* scratch);

}  // namespace varve::query

#endif  // QUERY_LOGQL_WINDOW_FUNCTION_H_
