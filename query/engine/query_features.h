// QueryFeatures: what --enable-feature turns on. Only what changes the results of stable queries
// needs a name here; everything else that Prometheus has behind a flag is always on.
//
// Threads:  values.
// Source:   Prometheus documentation, "Feature flags".
#ifndef QUERY_ENGINE_QUERY_FEATURES_H_
#define QUERY_ENGINE_QUERY_FEATURES_H_

#include <string_view>

namespace varve::query {

struct QueryFeatures {
  // promql-delayed-name-removal: an operation that makes another metric of a series takes its name
  // only when the query ends, so that label functions and `by (__name__)` still see it.
  bool delayed_name_removal = false;
  // type-and-unit-labels: `__type__` says what is a counter, not the end of the name.
  bool type_and_unit_labels = false;
  // use-start-timestamps: rate and its kin take a later start timestamp as a reset to zero.
  bool use_start_timestamps = false;
};

// Turns on the feature of that name; a name of Prometheus that is always on changes nothing. False
// for a name that is unknown.
bool EnableFeature(std::string_view name, QueryFeatures* features);

}  // namespace varve::query

#endif  // QUERY_ENGINE_QUERY_FEATURES_H_
