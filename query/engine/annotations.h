// The warnings and infos that both the aggregations and the functions give, in Prometheus's words.
//
// Threads:  functions without state; QueryContext is thread-safe.
#ifndef QUERY_ENGINE_ANNOTATIONS_H_
#define QUERY_ENGINE_ANNOTATIONS_H_

#include <string>
#include <string_view>

#include "query/engine/query_context.h"

namespace varve::query {

// `position` is "line:col"; nothing is appended where it is empty.
void AddPromqlWarning(std::string_view text, std::string_view position, QueryContext* context);
void AddPromqlInfo(std::string_view text, std::string_view position, QueryContext* context);

// "quantile value should be between 0 and 1, got 2"
void WarnInvalidQuantile(double share, std::string_view position, QueryContext* context);

}  // namespace varve::query

#endif  // QUERY_ENGINE_ANNOTATIONS_H_
