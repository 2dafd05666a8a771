// Comparing two histograms of one series: was the counter reset between them, are they the same?
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "Native Histograms" specification, "Counter reset
//           considerations".
#ifndef QUERY_ENGINE_HISTOGRAM_RESET_H_
#define QUERY_ENGINE_HISTOGRAM_RESET_H_

#include "storage/model/histogram.h"

namespace varve::query {

// Whether `now` follows a reset after `before`: as its hint says, or because something in it is
// less than it was. A histogram of another kind or a finer resolution cannot go on from the other.
bool IsReset(const storage::Histogram& before, const storage::Histogram& now);

// Same buckets, also empty ones, with the same counts, bit by bit; hints do not matter.
bool EqualHistograms(const storage::Histogram& a, const storage::Histogram& b);

}  // namespace varve::query

#endif  // QUERY_ENGINE_HISTOGRAM_RESET_H_
