// The limits of this server under the names that Loki has for them: for clients that ask a Loki
// what it takes.
//
// Threads:  functions without state.
#ifndef SERVER_LOKI_LIMITS_H_
#define SERVER_LOKI_LIMITS_H_

#include <string>
#include <string_view>

#include "server/json_writer.h"
#include "server/server_options.h"

namespace varve::server {

void WriteLokiLimitsJson(const ServerOptions& options, JsonWriter* json);
// A line for each limit, indented.
std::string LokiLimitsYaml(const ServerOptions& options, std::string_view indent);

}  // namespace varve::server

#endif  // SERVER_LOKI_LIMITS_H_
