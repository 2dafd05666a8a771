// SortByTime: puts the samples of one series, gathered stream by stream, in the order of time.
//
// Threads:  a function without state.
#ifndef QUERY_LOGQL_SAMPLE_ORDER_H_
#define QUERY_LOGQL_SAMPLE_ORDER_H_

#include <vector>

#include "query/logql/window_function.h"

namespace varve::query {

// Samples of equal times keep the order they were read in. Cheap where the samples are a few runs
// that are in order, one behind the other, as those of streams are.
void SortByTime(std::vector<LogSample>* samples);

}  // namespace varve::query

#endif  // QUERY_LOGQL_SAMPLE_ORDER_H_
