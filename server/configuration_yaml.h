// The configuration in use as a document of Prometheus's form, for /api/v1/status/config and the
// tools that read it there. Varve has flags and no such file: the document says in Prometheus's
// words what they amount to, and Prometheus reads it without an error.
//
// Threads:  functions without state.
// Source:   Prometheus documentation, "Configuration".
#ifndef SERVER_CONFIGURATION_YAML_H_
#define SERVER_CONFIGURATION_YAML_H_

#include <string>

#include "server/server_options.h"

namespace varve::server {

std::string ConfigurationYaml(const ServerOptions& options);

// `30d`, `512MiB`, `30d or 512MiB`; empty where everything is kept.
std::string RetentionText(const storage::StorageOptions& options);

}  // namespace varve::server

#endif  // SERVER_CONFIGURATION_YAML_H_
