#include "server/brief_requests.h"

#include <doctest/doctest.h>

#include <memory>

namespace varve::server {
namespace {

HttpRequest Question(const char* path, const char* query) {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  REQUIRE(request.query.Parse(query).ok());
  return request;
}

uint64_t Key(const char* query) { return BriefRequests::KeyOf(Question("/api/v1/labels", query)); }

TEST_SUITE("server/brief_requests") {
  TEST_CASE("a question is known by its path and parameters, but not by the clock") {
    CHECK(Key("match[]=up&start=1000&end=4600") == Key("match[]=up&start=1015&end=4615"));
    CHECK(Key("match[]=up&start=1000&end=4600") == Key("start=1015&end=4615.5&match[]=up"));
    CHECK(Key("match[]=up&start=1000&end=4600") != Key("match[]=up&start=1000&end=2600000"));
    CHECK(Key("match[]=up&start=1000&end=4600") != Key("match[]=down&start=1000&end=4600"));
    CHECK(Key("match[]=up") != Key("match[]=up&limit=1"));
    CHECK(Key("start=2026-11-26T00:00:00Z") != Key("start=2026-11-27T00:00:00Z"));
    CHECK(Key("start=NaN&end=1") != Key("start=0&end=1"));
    CHECK(BriefRequests::KeyOf(Question("/api/v1/labels", "")) !=
          BriefRequests::KeyOf(Question("/api/v1/series", "")));
    HttpRequest form = Question("/api/v1/labels", "");
    form.body = "match[]=up";
    CHECK(BriefRequests::KeyOf(form) == 0);
  }

  TEST_CASE("how long a question took the last time decides") {
    const auto brief = std::make_unique<BriefRequests>();
    const uint64_t key = Key("match[]=up");
    const uint64_t other = Key("match[]=down");
    CHECK_FALSE(brief->IsBrief(key));
    brief->Note(key, BriefRequests::kBriefNs);
    CHECK(brief->IsBrief(key));
    CHECK_FALSE(brief->IsBrief(other));
    brief->Note(key, BriefRequests::kBriefNs + 1);
    CHECK_FALSE(brief->IsBrief(key));
  }

  TEST_CASE("what has a body never is brief") {
    const auto brief = std::make_unique<BriefRequests>();
    brief->Note(0, 1);
    CHECK_FALSE(brief->IsBrief(0));
  }
}

}  // namespace
}  // namespace varve::server
