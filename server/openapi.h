// The OpenAPI description of the HTTP API for metrics, made from the route table: what is not
// routed cannot be described, and tests/server/openapi_test fails for a route without description.
//
// Threads:  functions without state.
// Format:   OpenAPI 3.1 (or 3.2), in YAML.
#ifndef SERVER_OPENAPI_H_
#define SERVER_OPENAPI_H_

#include <span>
#include <string>
#include <string_view>

#include "server/router.h"

namespace varve::server {

// What the description of an endpoint says that its route does not.
struct EndpointDescription {
  enum class Answer { kJson, kJsonOrNothing, kNothing, kText, kJsonLines, kYaml, kBinary };

  std::string_view pattern;
  std::string_view tag;
  std::string_view summary;
  // Names of parameters, separated by blanks; with a `!` those that have to be there.
  std::string_view parameters;
  Answer answer = Answer::kJson;
};

// Every endpoint there is a description of (openapi_endpoints.cc).
std::span<const EndpointDescription> EndpointDescriptions();

// A parameter's JSON schema, in YAML's flow style, and what it means.
struct ParameterDescription {
  std::string_view name;
  std::string_view schema;
  std::string_view text;
};
const ParameterDescription* FindParameter(std::string_view name);

// Whether a route belongs into the description: the APIs of Loki and others have their own.
bool IsDescribed(std::string_view pattern);

// `version`: "3.1.0" or "3.2.0".
std::string OpenApiYaml(const Router& router, std::string_view version);

// /api/v1/openapi.yaml; call it when all other routes are added.
void AddOpenApiRoute(Router* router);

}  // namespace varve::server

#endif  // SERVER_OPENAPI_H_
