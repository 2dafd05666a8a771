// AddContextLines: the lines of a stream before and after those a query found, whatever the query's
// filters say of them.
//
// Threads:  function without state.
// Errors:   those of QueryContext and storage.
#ifndef QUERY_LOGQL_CONTEXT_LINES_H_
#define QUERY_LOGQL_CONTEXT_LINES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/result.h"
#include "storage/querier.h"

namespace varve::query {

// More lines around each hit are refused.
inline constexpr uint64_t kContextLinesMax = 100;
// The parsed label of a line that is there for its neighbour: "before" or "after" it.
inline constexpr std::string_view kContextLabel = "__context__";

// A line that was found, as it is stored.
struct FoundLine {
  int64_t timestamp_ns = 0;
  std::string line;
};

// Of one stream: a line of the answer in the order of time. `hit` is the index in `found`, or
// SIZE_MAX for a line of the context, which is then in `line`.
struct LineInContext {
  size_t hit = SIZE_MAX;
  StreamsResult::Line line;
};

// `found` is in the order of time; the context is read from `range_ns` alone.
absl::StatusOr<std::vector<LineInContext>> AddContextLines(
    const storage::LogSelection& selection, size_t stream, const std::vector<FoundLine>& found,
    storage::TimeRange range_ns, uint64_t context_lines, QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_LOGQL_CONTEXT_LINES_H_
