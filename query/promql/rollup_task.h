// RollupTask: what one task of a rollup over many series reuses from series to series.
//
// Threads:  belongs to one thread.
#ifndef QUERY_PROMQL_ROLLUP_TASK_H_
#define QUERY_PROMQL_ROLLUP_TASK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "query/engine/query_trace.h"
#include "query/engine/rollup.h"
#include "query/engine/windows.h"
#include "storage/querier.h"

namespace varve::query {

struct RollupTask {
  WindowScratch windows;
  RollupScratch rollup;
  storage::SampleColumns columns;
  std::vector<int64_t> timestamps_ms;  // of a series with its stale markers taken out
  std::vector<double> values;
  std::vector<int64_t> start_timestamps_ms;
  WindowBounds bounds;
  std::string informed_name;
  SampleCounter counter;
  WindowBounds histogram_bounds;
  // What was told last, and of which metric.
  uint32_t told_notes = 0;
  std::string told_name;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_ROLLUP_TASK_H_
