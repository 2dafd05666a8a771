// The Prometheus HTTP API, /api/v1/...: queries, metadata, status and administration.
//
// Threads:  the functions add routes before the server runs; `context` outlives the router.
#ifndef SERVER_PROMETHEUS_API_H_
#define SERVER_PROMETHEUS_API_H_

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

// query, query_range, format_query, parse_query.
void AddPrometheusQueryRoutes(ApiContext* context, Router* router);
// query_exemplars.
void AddExemplarRoutes(ApiContext* context, Router* router);
// read.
void AddRemoteReadRoutes(ApiContext* context, Router* router);
// search/{metric_names,label_names,label_values}.
void AddSearchRoutes(ApiContext* context, Router* router);
// /federate.
void AddFederateRoutes(ApiContext* context, Router* router);
// series, labels, label/{name}/values, metadata.
void AddPrometheusMetadataRoutes(ApiContext* context, Router* router);
// status/... of the server, features, notifications.
void AddPrometheusStatusRoutes(ApiContext* context, Router* router);
// status/tsdb, status/tsdb/blocks.
void AddPrometheusTsdbRoutes(ApiContext* context, Router* router);
// rules, alerts, alertmanagers, targets, scrape_pools.
void AddPrometheusDiscoveryRoutes(Router* router);
// admin/tsdb/....
void AddPrometheusAdminRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_PROMETHEUS_API_H_
