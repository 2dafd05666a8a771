// The pages for operators and probes: /, /-/healthy, /-/ready, /ready, /version, /metrics.
//
// Threads:  AddOperationsRoutes runs before the server; `context` outlives the router.
#ifndef SERVER_OPERATIONS_API_H_
#define SERVER_OPERATIONS_API_H_

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

void AddOperationsRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_OPERATIONS_API_H_
