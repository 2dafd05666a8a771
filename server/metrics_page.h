// AddServerCollectors: what /metrics shows besides the counters of the handlers: the storage
// engine, the process, the HTTP connections and the pools; under our names and, where dashboards
// made for Prometheus look, under those.
//
// Threads:  called once, before the server runs; `context` outlives the registry.
#ifndef SERVER_METRICS_PAGE_H_
#define SERVER_METRICS_PAGE_H_

#include "server/api_context.h"

namespace varve::server {

void AddServerCollectors(ApiContext* context);

}  // namespace varve::server

#endif  // SERVER_METRICS_PAGE_H_
