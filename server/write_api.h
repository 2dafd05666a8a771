// The write side of the HTTP API: Prometheus remote write and Loki push.
//
// 204 means stored and durable. What is wrong with single samples or entries is answered 400 with
// the first of the reasons, and the others of the request are stored: senders drop what is answered
// 400, and repeat for ever what is answered 413, 422 or 503.
//
// Threads:  AddWriteRoutes runs before the server; `context` outlives the router.
#ifndef SERVER_WRITE_API_H_
#define SERVER_WRITE_API_H_

#include <string_view>

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

void AddWriteRoutes(ApiContext* context, Router* router);

// Samples as text.
inline constexpr std::string_view kTextImportPath = "/api/v1/import/prometheus";
void AddTextImportRoutes(ApiContext* context, Router* router);

// Whether a path takes writes: their bodies are refused with 400 where they are too long.
bool IsWritePath(std::string_view path);

}  // namespace varve::server

#endif  // SERVER_WRITE_API_H_
