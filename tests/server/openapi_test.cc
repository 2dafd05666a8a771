#include "server/openapi.h"

#include <doctest/doctest.h>

#include <set>

#include "server/routes.h"

namespace varve::server {
namespace {

// The routes of a server; no handler is called.
class AllRoutes {
 public:
  AllRoutes() {
    context_.options = &options_;
    context_.metrics = &metrics_;
    AddAllRoutes(&context_, &router_);
  }
  const Router& router() const { return router_; }

 private:
  ServerOptions options_;
  MetricsRegistry metrics_;
  ApiContext context_;
  Router router_;
};

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_SUITE("server/openapi") {
  TEST_CASE("every route has a description, and every description a route") {
    const AllRoutes all;
    std::set<std::string> described;
    for (const EndpointDescription& one : EndpointDescriptions()) {
      INFO("described twice: ", std::string(one.pattern));
      CHECK(described.insert(std::string(one.pattern)).second);
    }
    std::set<std::string> routed;
    for (const Route& route : all.router().routes()) {
      if (!IsDescribed(route.pattern)) continue;
      routed.insert(route.pattern);
      INFO("add a line to server/openapi_endpoints.cc for ", route.pattern);
      CHECK(described.count(route.pattern) == 1);
    }
    for (const std::string& pattern : described) {
      INFO("no such route: ", pattern);
      CHECK(routed.count(pattern) == 1);
    }
  }

  TEST_CASE("every parameter of a description is explained") {
    for (const EndpointDescription& one : EndpointDescriptions()) {
      std::string_view names = one.parameters;
      while (!names.empty()) {
        std::string_view name = names.substr(0, names.find(' '));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        if (name.ends_with('!')) name.remove_suffix(1);
        INFO(std::string(one.pattern), ": ", std::string(name));
        CHECK(FindParameter(name) != nullptr);
      }
    }
  }

  TEST_CASE("the description has each route's methods, and forms where they are posted") {
    const AllRoutes all;
    const std::string yaml = OpenApiYaml(all.router(), "3.1.0");
    CHECK(yaml.starts_with("openapi: 3.1.0\n"));
    CHECK(OpenApiYaml(all.router(), "3.2.0").starts_with("openapi: 3.2.0\n"));
    size_t methods = 0;
    for (const Route& route : all.router().routes()) {
      if (IsDescribed(route.pattern) && !route.refuses) methods += route.methods.size();
    }
    CHECK(Count(yaml, "operationId: ") == methods);
    CHECK(Count(yaml, "operationId: getApiV1LabelNameValues\n") == 1);
    const size_t query = yaml.find("  \"/api/v1/query\":\n");
    REQUIRE(query != std::string::npos);
    const std::string block = yaml.substr(query, yaml.find("  \"/api/v1/query_", query) - query);
    CHECK(Count(block, "in: query") == 7);
    CHECK(Count(block, "application/x-www-form-urlencoded:") == 1);
    CHECK(Count(block, "                \"lookback_delta\": ") == 1);
    // Loki's API is described elsewhere.
    CHECK(Count(yaml, "/loki/") == 0);
  }
}

}  // namespace
}  // namespace varve::server
