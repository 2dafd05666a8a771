// What this server can do, as /api/v1/features answers it: {"category": {"feature": true, ...}}.
//
// Threads:  a function without state.
// Source:   Prometheus documentation, "HTTP API", "Features".
#ifndef SERVER_FEATURE_LIST_H_
#define SERVER_FEATURE_LIST_H_

#include "server/api_context.h"
#include "server/json_writer.h"

namespace varve::server {

// Categories and features in the order of their names.
void WriteFeatures(const ApiContext& context, JsonWriter* json);

}  // namespace varve::server

#endif  // SERVER_FEATURE_LIST_H_
