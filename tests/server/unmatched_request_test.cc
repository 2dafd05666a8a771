#include "server/unmatched_request.h"

#include <doctest/doctest.h>

namespace varve::server {
namespace {

HttpResponse Ask(std::string method, std::string path, std::string query = {}) {
  Router router;
  const auto none = [](const HttpRequest&, HttpResponse*) {};
  router.Add({{"GET", "HEAD"}, "/-/healthy", RouteClass::kImmediate, none});
  router.Add({{"GET", "POST"}, "/api/v1/labels", RouteClass::kQuery, none});
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.query_text = std::move(query);
  return AnswerUnmatched(router, request, router.Find(request.method, request.path));
}

std::string Header(const HttpResponse& response, std::string_view name) {
  for (const auto& [header, value] : response.headers) {
    if (header == name) return value;
  }
  return {};
}

TEST_SUITE("server/unmatched_request") {
  TEST_CASE("a clean path has no empty and no relative segments") {
    for (const auto& [path, clean] : std::vector<std::pair<const char*, const char*>>{
             {"//api/v1/labels", "/api/v1/labels"},
             {"/api/v1//labels", "/api/v1/labels"},
             {"/api/./v1/../v1/labels/", "/api/v1/labels/"},
             {"/../../x", "/x"},
             {"//", "/"},
             {"/a/..", "/"},
             {"/a/b/.", "/a/b"},
             {"/.a/..b", "/.a/..b"},
             {"//evil.example/x", "/evil.example/x"},
             {"/.//\\evil.example", "/%5Cevil.example"},
             {"//a\"b<c>/", "/a%22b%3Cc%3E/"},
             {"//a%2Fb", "/a%2Fb"}}) {
      INFO(path);
      CHECK(CleanPath(path) == clean);
    }
  }

  TEST_CASE("a path that is not clean leads to the clean one, its query kept") {
    const HttpResponse response = Ask("GET", "//api/v1/labels", "match[]=a{b=\"<'c'>\"}&x=%22");
    CHECK(response.status == 301);
    CHECK(Header(response, "Location") == "/api/v1/labels?match[]=a{b=%22%3C'c'%3E%22}&x=%22");
    CHECK(response.body ==
          "<a href=\"/api/v1/labels?match[]=a{b=%22%3C&#39;c&#39;%3E%22}&amp;x=%22\">Moved "
          "Permanently</a>.\n\n");
    CHECK(response.content_type == "text/html; charset=utf-8");
    CHECK(Ask("POST", "//api/v1/labels").body.empty());
    CHECK(Ask("POST", "//api/v1/labels").content_type.empty());
    CHECK(Ask("GET", "/nothing%20here").status == 404);
    CHECK(Ask("GET", "/n\"thing").status == 404);
  }

  TEST_CASE("a slash at the end is taken away where that helps, but not below the APIs") {
    HttpResponse response = Ask("GET", "/-/healthy/");
    CHECK(response.status == 301);
    CHECK(Header(response, "Location") == "/-/healthy");
    CHECK(Ask("HEAD", "/-/healthy/").status == 308);
    CHECK(Ask("POST", "/-/healthy/").status == 404);
    CHECK(Ask("GET", "/api/v1/labels/").status == 404);
    CHECK(Ask("GET", "/").status == 404);
  }

  TEST_CASE("405 and OPTIONS") {
    HttpResponse response = Ask("PUT", "/api/v1/labels");
    CHECK(response.status == 405);
    CHECK(Header(response, "Allow") == "GET, OPTIONS, POST");
    response = Ask("OPTIONS", "/api/v1/anything");
    CHECK(response.status == 204);
    CHECK(response.headers.empty());
    response = Ask("OPTIONS", "/-/healthy");
    CHECK(response.status == 200);
    CHECK(response.body.empty());
    CHECK(Header(response, "Allow") == "GET, HEAD, OPTIONS");
    CHECK(Ask("OPTIONS", "/api/v2").status == 404);
  }
}

}  // namespace
}  // namespace varve::server
