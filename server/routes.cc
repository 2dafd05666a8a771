#include "server/routes.h"

#include "server/elasticsearch_api.h"
#include "server/json_lines_api.h"
#include "server/log_export_api.h"
#include "server/loki_api.h"
#include "server/openapi.h"
#include "server/operations_api.h"
#include "server/otlp_api.h"
#include "server/prometheus_api.h"
#include "server/write_api.h"

namespace varve::server {

void AddAllRoutes(ApiContext* context, Router* router) {
  AddOperationsRoutes(context, router);
  AddPrometheusQueryRoutes(context, router);
  AddExemplarRoutes(context, router);
  AddRemoteReadRoutes(context, router);
  AddFederateRoutes(context, router);
  AddSearchRoutes(context, router);
  AddPrometheusMetadataRoutes(context, router);
  AddPrometheusStatusRoutes(context, router);
  AddPrometheusTsdbRoutes(context, router);
  AddPrometheusDiscoveryRoutes(router);
  AddPrometheusAdminRoutes(context, router);
  AddLokiQueryRoutes(context, router);
  AddLokiMetadataRoutes(context, router);
  AddLokiExploreRoutes(context, router);
  AddLokiShardRoutes(context, router);
  AddLokiPatternRoutes(context, router);
  AddLokiDeleteRoutes(context, router);
  AddLokiStatusRoutes(context, router);
  AddLokiTailRoutes(context, router);
  AddWriteRoutes(context, router);
  AddOtlpRoutes(context, router);
  AddJsonLinesRoutes(context, router);
  AddElasticsearchRoutes(context, router);
  AddLogExportRoutes(context, router);
  AddTextImportRoutes(context, router);
  AddOpenApiRoute(router);
}

}  // namespace varve::server
