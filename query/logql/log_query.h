// RunLogQuery: the newest (or oldest) lines that pass a log expression.
//
// Streams are read in parallel, each from the end the query starts at; a stream is given up as soon
// as all it still has lies behind the lines that fill the limit already.
//
// Threads:  functions; the streams are read on the context's pool.
// Errors:   INVALID_ARGUMENT for stages that do not compile; those of QueryContext and storage.
#ifndef QUERY_LOGQL_LOG_QUERY_H_
#define QUERY_LOGQL_LOG_QUERY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/logql/ast.h"
#include "query/result.h"
#include "storage/querier.h"

namespace varve::query {

struct LogQuery {
  storage::TimeRange range_ns;
  storage::Direction direction = storage::Direction::kBackward;
  uint64_t limit = 100;        // of lines over all streams
  uint64_t context_lines = 0;  // before and after each of them, from the same stream; not counted
};

absl::StatusOr<StreamsResult> RunLogQuery(const storage::Querier& querier, const LogExpr& expr,
                                          const LogQuery& query, QueryContext* context);

// Moves every line's metadata and parsed labels into the labels of its stream, which splits
// streams: the answer for clients that do not ask for categorised labels.
StreamsResult MergeLabels(StreamsResult result);

// Keeps of all lines, in the order of `direction`, those at least `interval_ns` behind the one kept
// before: the parameter `interval` of a range query, which counts after the limit.
StreamsResult ThinLines(StreamsResult result, int64_t interval_ns, storage::Direction direction);

}  // namespace varve::query

#endif  // QUERY_LOGQL_LOG_QUERY_H_
