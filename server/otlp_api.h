// OTLP over HTTP: POST /otlp/v1/logs.
//
// Answers in the form of the request: 200 with what was refused as partial success; errors as a
// google.rpc.Status. Clients repeat 429, 502, 503 and 504 only, so that what is no fault of theirs
// is answered 503, never 500.
//
// Threads:  AddOtlpRoutes runs before the server; `context` outlives the router.
// Source:   OpenTelemetry protocol specification, "OTLP/HTTP".
#ifndef SERVER_OTLP_API_H_
#define SERVER_OTLP_API_H_

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

inline constexpr std::string_view kOtlpLogsPath = "/otlp/v1/logs";

void AddOtlpRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_OTLP_API_H_
