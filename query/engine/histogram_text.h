// A native histogram as text: {count:3, sum:1.5, [-1,-0.5):1, (0.5,1]:2}.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_HISTOGRAM_TEXT_H_
#define QUERY_ENGINE_HISTOGRAM_TEXT_H_

#include <string>

#include "storage/model/histogram.h"

namespace varve::query {

// As count_values labels it: without empty buckets, numbers as Go's %g prints them.
std::string HistogramText(const storage::Histogram& histogram);

}  // namespace varve::query

#endif  // QUERY_ENGINE_HISTOGRAM_TEXT_H_
