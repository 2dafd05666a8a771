#include "server/cross_origin.h"

#include <doctest/doctest.h>

#include <map>

namespace varve::server {
namespace {

std::map<std::string, std::string> Headers(std::string_view expression, std::string_view origin) {
  const absl::StatusOr<OriginPolicy> policy = OriginPolicy::Parse(expression);
  REQUIRE(policy.ok());
  HttpRequest request;
  request.path = "/api/v1/query";
  if (!origin.empty()) request.headers.emplace_back("origin", std::string(origin));
  HttpResponse response;
  policy->AddHeaders(request, &response);
  return {response.headers.begin(), response.headers.end()};
}

TEST_SUITE("server/cross_origin") {
  TEST_CASE("without an expression no page of another origin reads anything") {
    const std::map<std::string, std::string> only_vary = {{"Vary", "Origin"}};
    CHECK(Headers("", "https://a.example") == only_vary);
    CHECK(Headers("", "") == only_vary);
    CHECK(Headers("https://a.example", "") == only_vary);
  }

  TEST_CASE("an origin is allowed by the whole of it, and named") {
    const std::string allowed = R"(https://(a|b)\.example)";
    CHECK(Headers(allowed, "https://a.example").at("Access-Control-Allow-Origin") ==
          "https://a.example");
    for (const char* origin : {"https://a.example.evil", "https://aXexample", "xhttps://a.example",
                               "http://a.example", "null"}) {
      INFO(origin);
      CHECK(Headers(allowed, origin).count("Access-Control-Allow-Origin") == 0);
      CHECK(Headers(allowed, origin).at("Vary") == "Origin");
    }
    CHECK(Headers(".*", "null").at("Access-Control-Allow-Origin") == "null");
  }

  TEST_CASE("an expression that cannot be compiled is an error") {
    CHECK(OriginPolicy::Parse("(").status().code() == absl::StatusCode::kInvalidArgument);
  }

  TEST_CASE("pages and probes are no APIs") {
    CHECK(IsApiPath("/api/v1/query"));
    CHECK(IsApiPath("/loki/api/v1/push"));
    CHECK_FALSE(IsApiPath("/-/ready"));
    CHECK_FALSE(IsApiPath("/metrics"));
  }
}

}  // namespace
}  // namespace varve::server
