// Trimming a native histogram: the operators `</` and `>/`.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "Histogram trim operators".
#ifndef QUERY_ENGINE_HISTOGRAM_TRIM_H_
#define QUERY_ENGINE_HISTOGRAM_TRIM_H_

#include "storage/model/histogram.h"

namespace varve::query {

enum class KeepSide { kBelow, kAbove };

// The histogram without the observations on the other side of `edge`. A bucket that `edge` lies in
// is divided by interpolation; where anything was taken away, count and sum are estimated anew from
// the buckets.
storage::Histogram TrimHistogram(const storage::Histogram& histogram, double edge, KeepSide side);

}  // namespace varve::query

#endif  // QUERY_ENGINE_HISTOGRAM_TRIM_H_
