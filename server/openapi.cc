#include "server/openapi.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/build_info.h"
#include "server/prometheus_json.h"
#include "storage/model/text.h"

namespace varve::server {
namespace {

using Answer = EndpointDescription::Answer;
using storage::StrAppend;
using storage::StrCat;

// `text` as a YAML scalar: JSON strings are that.
std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendPlainJsonString(text, &quoted);
  return quoted;
}

struct ParameterUse {
  const ParameterDescription* parameter;
  std::string_view name;  // as it is sent
  bool required;
};

std::vector<ParameterUse> UsesOf(std::string_view names) {
  std::vector<ParameterUse> uses;
  while (!names.empty()) {
    std::string_view name = names.substr(0, names.find(' '));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    const bool required = name.ends_with('!');
    if (required) name.remove_suffix(1);
    if (const ParameterDescription* parameter = FindParameter(name); parameter != nullptr) {
      // Two parameters of one name that mean different things are told apart by a prefix.
      uses.push_back({parameter, name == "top_limit" ? "limit" : name, required});
    }
  }
  return uses;
}

const EndpointDescription* FindDescription(std::string_view pattern) {
  for (const EndpointDescription& one : EndpointDescriptions()) {
    if (one.pattern == pattern) return &one;
  }
  return nullptr;
}

bool IsInPath(const Route& route, const ParameterUse& use) {
  return route.pattern.find(StrCat("{", use.name, "}")) != std::string::npos;
}

// getApiV1LabelNameValues
std::string OperationId(std::string_view method, std::string_view pattern) {
  std::string id(method);
  bool upper = true;
  for (const char c : pattern) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter) id.push_back(upper && c >= 'a' ? static_cast<char>(c - ('a' - 'A')) : c);
    upper = !letter;
  }
  return id;
}

void AppendParameters(const Route& route, const std::vector<ParameterUse>& uses, bool as_form,
                      std::string* out) {
  bool any = false;
  for (const ParameterUse& use : uses) {
    const bool in_path = IsInPath(route, use);
    if (as_form && !in_path) continue;
    if (!any) *out += "      parameters:\n";
    any = true;
    StrAppend(out, "        - name: ", Quoted(use.name),
              "\n          in: ", in_path ? "path" : "query",
              "\n          required: ", use.required ? "true" : "false",
              "\n          description: ", Quoted(use.parameter->text),
              "\n          schema: ", use.parameter->schema, "\n");
  }
}

// The same parameters in the body of a POST; those in the URL count, too.
void AppendForm(const Route& route, const std::vector<ParameterUse>& uses, std::string* out) {
  std::string properties;
  for (const ParameterUse& use : uses) {
    if (IsInPath(route, use)) continue;
    StrAppend(&properties, "                ", Quoted(use.name), ": ", use.parameter->schema, "\n");
  }
  if (properties.empty()) return;
  StrAppend(out,
            "      requestBody:\n        content:\n          application/x-www-form-urlencoded:\n"
            "            schema:\n              type: object\n              properties:\n",
            properties);
}

void AppendAnswer(Answer answer, std::string* out) {
  *out += "      responses:\n";
  switch (answer) {
    case Answer::kNothing:
      *out += "        '204':\n          description: Done.\n";
      break;
    case Answer::kJsonOrNothing:
      *out += "        '204':\n          description: Nothing is asked for.\n";
      [[fallthrough]];
    case Answer::kJson:
      *out +=
          "        '200':\n          description: The answer.\n          content:\n"
          "            application/json:\n"
          "              schema: {$ref: '#/components/schemas/Success'}\n";
      break;
    case Answer::kText:
    case Answer::kJsonLines:
    case Answer::kYaml:
    case Answer::kBinary:
      StrAppend(out, "        '200':\n          description: The answer.\n          content:\n",
                "            ",
                answer == Answer::kText        ? "text/plain"
                : answer == Answer::kJsonLines ? "application/x-ndjson"
                : answer == Answer::kYaml      ? "application/yaml"
                                               : "application/x-protobuf",
                ":\n              schema: {type: string}\n");
  }
  *out +=
      "        default:\n          description: An error.\n          content:\n"
      "            application/json:\n              schema: {$ref: '#/components/schemas/Error'}\n";
}

void AppendOperation(const Route& route, std::string_view method, std::string* out) {
  std::string verb(method);
  for (char& c : verb) c = static_cast<char>(c | 0x20);
  const EndpointDescription* const description = FindDescription(route.pattern);
  StrAppend(out, "    ", verb, ":\n      operationId: ", OperationId(verb, route.pattern), "\n");
  if (description == nullptr) {
    AppendAnswer(Answer::kJson, out);
    return;
  }
  StrAppend(out, "      summary: ", Quoted(description->summary), "\n      tags: [",
            description->tag, "]\n");
  const std::vector<ParameterUse> uses = UsesOf(description->parameters);
  const bool as_form = method == "POST";
  AppendParameters(route, uses, as_form, out);
  if (as_form) AppendForm(route, uses, out);
  // A GET of a write path says how it is used.
  const bool is_hint = method == "GET" && description->tag == "write";
  if (description->tag == "write" && !is_hint) {
    *out +=
        "      requestBody:\n        required: true\n        content:\n"
        "          application/x-protobuf:\n            schema: {type: string, format: binary}\n";
  }
  AppendAnswer(is_hint ? Answer::kText : description->answer, out);
}

constexpr std::string_view kComponents = R"(components:
  schemas:
    Time:
      description: Unix seconds with a fraction, or RFC 3339.
      oneOf:
        - {type: number}
        - {type: string, format: date-time}
    Duration:
      description: Seconds with a fraction, or a text such as 5m.
      oneOf:
        - {type: number}
        - {type: string}
    Success:
      type: object
      required: [status, data]
      properties:
        status: {type: string, const: success}
        data: {description: What was asked for.}
        warnings: {type: array, items: {type: string}}
        infos: {type: array, items: {type: string}}
    Error:
      type: object
      required: [status, errorType, error]
      properties:
        status: {type: string, const: error}
        errorType: {type: string}
        error: {type: string}
)";

}  // namespace

bool IsDescribed(std::string_view pattern) {
  return pattern.starts_with("/api/v1/") || pattern.starts_with("/-/") || pattern == "/metrics" ||
         pattern == "/version" || pattern == "/federate";
}

std::string OpenApiYaml(const Router& router, std::string_view version) {
  std::string out = StrCat("openapi: ", version, "\ninfo:\n  title: Varve HTTP API for metrics\n",
                           "  version: ", kVersion,
                           "\n  license: {name: Apache-2.0, identifier: Apache-2.0}\n"
                           "servers:\n  - url: /\npaths:\n");
  // Routes of one path stand together.
  std::map<std::string, std::vector<const Route*>> paths;
  for (const Route& route : router.routes()) {
    if (IsDescribed(route.pattern) && !route.refuses) paths[route.pattern].push_back(&route);
  }
  for (const auto& [pattern, routes] : paths) {
    StrAppend(&out, "  ", Quoted(pattern), ":\n");
    for (const Route* route : routes) {
      for (const std::string& method : route->methods) AppendOperation(*route, method, &out);
    }
  }
  out += kComponents;
  return out;
}

void AddOpenApiRoute(Router* router) {
  router->Add({{"GET"},
               "/api/v1/openapi.yaml",
               RouteClass::kQuery,
               [router](const HttpRequest& request, HttpResponse* response) {
                 const std::string_view wanted = request.query.Get("openapi_version");
                 response->content_type = "application/yaml; charset=utf-8";
                 response->body =
                     OpenApiYaml(*router, wanted.starts_with("3.2") ? "3.2.0" : "3.1.0");
               }});
}

}  // namespace varve::server
