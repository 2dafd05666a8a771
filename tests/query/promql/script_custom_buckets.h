// load_with_nhcb: classic histograms of a load are loaded as native ones with custom buckets, too.
//
// Threads:  functions without state.
#ifndef TESTS_QUERY_PROMQL_SCRIPT_CUSTOM_BUCKETS_H_
#define TESTS_QUERY_PROMQL_SCRIPT_CUSTOM_BUCKETS_H_

#include <vector>

#include "tests/query/promql/script_parser.h"

namespace varve::tests {

// A series for each group of x_bucket, x_count and x_sum in `series`, named x.
std::vector<ScriptSeries> CustomBucketSeries(const std::vector<ScriptSeries>& series);

}  // namespace varve::tests

#endif  // TESTS_QUERY_PROMQL_SCRIPT_CUSTOM_BUCKETS_H_
