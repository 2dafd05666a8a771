// What this build is, for --version, buildinfo and the build_info metrics.
#ifndef SERVER_BUILD_INFO_H_
#define SERVER_BUILD_INFO_H_

#include <string>
#include <string_view>

#include "server/json_writer.h"

namespace varve::server {

#ifndef VARVE_VERSION
#error "the build has to define VARVE_VERSION"
#endif
inline constexpr std::string_view kVersion = VARVE_VERSION;
// Clients choose their features by the version of the API they talk to; this is whose API we speak.
inline constexpr std::string_view kPrometheusApiVersion = "3.5.0";
inline constexpr std::string_view kLokiApiVersion = "3.5.0";
inline constexpr std::string_view kCompiler = "C++20 (" __VERSION__ ")";

std::string VersionText();  // varved 0.1.0 (...)

// {"version": .., "revision": .., ...}: the keys of Prometheus. Without `features`: with it,
// Grafana takes the server for another product.
void WriteBuildInfo(std::string_view version, JsonWriter* json);

}  // namespace varve::server

#endif  // SERVER_BUILD_INFO_H_
