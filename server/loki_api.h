// The Loki HTTP API, /loki/api/v1/...: queries and metadata. Pushing is in write_api.h.
//
// Threads:  the functions add routes before the server runs; `context` outlives the router.
#ifndef SERVER_LOKI_API_H_
#define SERVER_LOKI_API_H_

#include "server/api_context.h"
#include "server/router.h"

namespace varve::server {

// query, query_range, format_query.
void AddLokiQueryRoutes(ApiContext* context, Router* router);
// labels, label, label/{name}/values, series, index/stats, status/buildinfo.
void AddLokiMetadataRoutes(ApiContext* context, Router* router);
// tail.
void AddLokiTailRoutes(ApiContext* context, Router* router);
// index/shards.
void AddLokiShardRoutes(ApiContext* context, Router* router);
// index/volume, index/volume_range, detected_labels, detected_fields, detected_field/{name}/values.
void AddLokiExploreRoutes(ApiContext* context, Router* router);
// patterns.
void AddLokiPatternRoutes(ApiContext* context, Router* router);
// drilldown-limits, config, services, log_level, flush, and the rules that Grafana asks every Loki
// for.
void AddLokiStatusRoutes(ApiContext* context, Router* router);
// delete, cache/generation_numbers.
void AddLokiDeleteRoutes(ApiContext* context, Router* router);

}  // namespace varve::server

#endif  // SERVER_LOKI_API_H_
