#include "server/router.h"

#include <doctest/doctest.h>

namespace varve::server {
namespace {

Router MakeRouter() {
  Router router;
  const auto none = [](const HttpRequest&, HttpResponse*) {};
  router.Add({{"GET", "POST"}, "/api/v1/label/{name}/values", RouteClass::kQuery, none});
  router.Add({{"GET"}, "/api/v1/label/all/values", RouteClass::kQuery, none});
  router.Add({{"POST"}, "/api/v1/write", RouteClass::kWrite, none});
  router.Add({{"GET"}, "/api/v1/write", RouteClass::kImmediate, none});
  router.Add({{"GET"}, "/", RouteClass::kImmediate, none});
  return router;
}

}  // namespace

TEST_SUITE("server/router") {
  TEST_CASE("a parameter takes one whole segment, decoded") {
    const Router router = MakeRouter();
    Router::Match match = router.Find("GET", "/api/v1/label/job/values");
    REQUIRE(match.route != nullptr);
    CHECK(match.parameters == std::vector<std::string>{"job"});
    match = router.Find("POST", "/api/v1/label/a%2Fb%20c+/values");
    REQUIRE(match.route != nullptr);
    CHECK(match.parameters == std::vector<std::string>{"a/b c+"});
    CHECK(router.Find("GET", "/api/v1/label//values").route == nullptr);
    CHECK(router.Find("GET", "/api/v1/label/a/b/values").route == nullptr);
  }

  TEST_CASE("a literal wins over a parameter") {
    const Router router = MakeRouter();
    const Router::Match match = router.Find("GET", "/api/v1/label/all/values");
    REQUIRE(match.route != nullptr);
    CHECK(match.route->pattern == "/api/v1/label/all/values");
  }

  TEST_CASE("HEAD finds the route of GET, other methods learn what is allowed") {
    const Router router = MakeRouter();
    CHECK(router.Find("HEAD", "/").route != nullptr);
    const Router::Match match = router.Find("DELETE", "/api/v1/write");
    CHECK(match.route == nullptr);
    CHECK(match.allow == "GET, OPTIONS, POST");
    CHECK(router.Find("PUT", "/").allow == "GET, HEAD, OPTIONS");
  }

  TEST_CASE("HEAD is no method of Prometheus's API but where a route names it") {
    Router router = MakeRouter();
    router.Add({{"GET", "HEAD"}, "/-/healthy", RouteClass::kImmediate, nullptr});
    router.Add({{"GET"}, "/-/reload", RouteClass::kImmediate, nullptr});
    router.Add({{"GET"}, "/metrics", RouteClass::kImmediate, nullptr});
    CHECK(router.Find("HEAD", "/-/healthy").route != nullptr);
    for (const char* path : {"/-/reload", "/metrics", "/api/v1/label/job/values"}) {
      INFO(path);
      CHECK(router.Find("HEAD", path).route == nullptr);
      CHECK_FALSE(router.Find("HEAD", path).allow.empty());
    }
  }

  TEST_CASE("unknown paths match nothing, whatever they try") {
    const Router router = MakeRouter();
    for (const char* path : {"/api", "/api/v1/writ", "/api/v1/write/", "//", "/../api/v1/write",
                             "/api/v1/../v1/write", "/api/v1/label/%zz/values", "/%00"}) {
      INFO(path);
      const Router::Match match = router.Find("GET", path);
      CHECK(match.route == nullptr);
      CHECK(match.allow.empty());
    }
  }
}

}  // namespace varve::server
