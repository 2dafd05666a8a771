// Quantile: the value below which a share of a set of values lies, interpolated linearly.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_QUANTILE_H_
#define QUERY_ENGINE_QUANTILE_H_

#include <span>

namespace varve::query {

// NaN sorts below every number.
bool LessNanFirst(double a, double b);
// Reorders `values`. NaN of no values or a NaN share; -Inf and +Inf for a share outside [0, 1].
double Quantile(double share, std::span<double> values);
// Of values in the order of LessNanFirst.
double QuantileOfSorted(double share, std::span<const double> sorted);

}  // namespace varve::query

#endif  // QUERY_ENGINE_QUANTILE_H_
