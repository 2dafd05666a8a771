// OTLP logs over HTTP: an ExportLogsServiceRequest, protobuf or JSON, becomes a LogBatch.
//
// As in Loki: the resource attributes of kOtlpStreamAttributes are the stream's labels (dots become
// underscores); all other attributes, the scope, severity, trace and span ids are structured
// metadata; the body is the line. A record without a time has the time it was observed, or now.
//
// Threads:  functions without state; a request belongs to one thread.
// Owns:     the request owns what its batch points into, except an uncompressed protobuf body,
//           which must outlive it.
// Errors:   INVALID_ARGUMENT for a body that is not what it says; UNIMPLEMENTED for an encoding or
//           content type we do not take (HTTP 415).
// Source:   OpenTelemetry protocol specification 1.x, opentelemetry/proto/logs/v1/logs.proto; Loki
//           documentation, "Ingesting logs to Loki using OpenTelemetry Collector".
#ifndef INGEST_OTLP_LOGS_H_
#define INGEST_OTLP_LOGS_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "ingest/loki_push.h"

namespace varve::ingest {

inline constexpr std::array<std::string_view, 18> kOtlpStreamAttributes = {
    "service.name",
    "service.namespace",
    "service.instance.id",
    "cloud.region",
    "cloud.availability_zone",
    "deployment.environment",
    "k8s.cluster.name",
    "deployment.environment.name",
    "k8s.namespace.name",
    "k8s.pod.name",
    "k8s.container.name",
    "k8s.deployment.name",
    "k8s.replicaset.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
    "k8s.cronjob.name",
    "k8s.job.name",
    "container.name"};

// Values may nest this deep; deeper ones are an error.
inline constexpr int kOtlpDepthMax = 16;

enum class OtlpForm { kProtobuf, kJson };
// By Content-Type; UNIMPLEMENTED for anything that is neither.
absl::Status ReadOtlpForm(std::string_view content_type, OtlpForm* form);

absl::Status DecodeOtlpLogs(OtlpForm form, std::string_view content_encoding, std::string_view body,
                            int64_t now_ns, const LokiPushOptions& options,
                            LokiPushRequest* request);

}  // namespace varve::ingest

#endif  // INGEST_OTLP_LOGS_H_
