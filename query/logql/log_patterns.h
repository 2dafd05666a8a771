// FindLogPatterns: what the lines of many streams look like, `<_>` for what differs between them,
// and how many lines of each kind there are over time: what the patterns API answers.
//
// Threads:  functions; streams are read on the context's pool.
// Errors:   those of QueryContext and storage.
#ifndef QUERY_LOGQL_LOG_PATTERNS_H_
#define QUERY_LOGQL_LOG_PATTERNS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "storage/querier.h"

namespace varve::query {

struct LogPatternQuery {
  storage::TimeRange range_ns;
  int64_t step_ns = 0;  // > 0
  size_t limit = 0;     // of patterns; the most frequent stay
};

struct LogPatternCount {
  std::string text;
  std::string level;  // of the lines, as detected at ingest; "unknown" where none was
  uint64_t lines = 0;
  std::map<int64_t, uint64_t> steps;  // the beginning in ns, a multiple of the step: lines
};

// The most frequent first; of equal ones the one with the smaller text.
absl::StatusOr<std::vector<LogPatternCount>> FindLogPatterns(
    const storage::Querier& querier, const std::vector<storage::Matcher>& matchers,
    const LogPatternQuery& query, QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOG_PATTERNS_H_
