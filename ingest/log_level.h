// DetectLevel and DiscoverServiceName: what Loki adds to log entries when they come in, and what
// Grafana's log views are coloured and grouped by.
//
// Threads:  functions without state.
// Source:   Loki documentation, "Automatic stream labels" and "Log level detection".
#ifndef INGEST_LOG_LEVEL_H_
#define INGEST_LOG_LEVEL_H_

#include <string_view>

#include "storage/model/label_set.h"

namespace varve::ingest {

inline constexpr std::string_view kDetectedLevelLabel = "detected_level";
inline constexpr std::string_view kServiceNameLabel = "service_name";
inline constexpr std::string_view kUnknownService = "unknown_service";

// trace, debug, info, warn, error, critical, fatal or unknown: from a label or metadata that names
// the level, else from a field of a JSON or logfmt line, else from the first word that is a level.
std::string_view DetectLevel(storage::LabelSetView stream, storage::LabelSetView metadata,
                             std::string_view line);

// The value of the first label that names the service (app, container, job, ...), or
// kUnknownService.
std::string_view DiscoverServiceName(storage::LabelSetView stream);

}  // namespace varve::ingest

#endif  // INGEST_LOG_LEVEL_H_
