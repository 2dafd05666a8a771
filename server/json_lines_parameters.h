// Which fields of JSON objects are the line, the time and the labels, as a request says it in its
// parameters or headers.
//
// Threads:  a function without state.
// Errors:   INVALID_ARGUMENT for extra fields that are no name=value.
// Source:   VictoriaLogs documentation, "HTTP parameters" and "HTTP headers".
#ifndef SERVER_JSON_LINES_PARAMETERS_H_
#define SERVER_JSON_LINES_PARAMETERS_H_

#include "absl/status/status.h"
#include "ingest/json_lines.h"
#include "server/http/http_message.h"

namespace varve::server {

// Changes what the request says; entries without a time are of now.
absl::Status ReadJsonLinesFields(const HttpRequest& request, ingest::JsonLinesOptions* fields);

}  // namespace varve::server

#endif  // SERVER_JSON_LINES_PARAMETERS_H_
