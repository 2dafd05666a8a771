// AddAllRoutes: every URL the server answers.
//
// Threads:  before the server runs; `context` outlives the router.
#ifndef SERVER_ROUTES_H_
#define SERVER_ROUTES_H_

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

void AddAllRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_ROUTES_H_
