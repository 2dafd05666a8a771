// A metric family in the JSON of its protobuf message, as status/self_metrics answers it.
//
// Threads:  a function without state.
// Format:   io.prometheus.client.MetricFamily in ProtoJSON: 64-bit integers are strings, numbers
//           that are not finite "NaN", "Infinity" and "-Infinity".
#ifndef SERVER_METRIC_FAMILY_JSON_H_
#define SERVER_METRIC_FAMILY_JSON_H_

#include "server/json_writer.h"
#include "server/metrics_registry.h"

namespace varve::server {

void WriteMetricFamily(const MetricFamily& family, JsonWriter* json);

}  // namespace varve::server

#endif  // SERVER_METRIC_FAMILY_JSON_H_
