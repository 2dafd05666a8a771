#include "server/search_request.h"

#include <doctest/doctest.h>

#include <string>

#include "server/search_score.h"

namespace varve::server {
namespace {

absl::StatusOr<SearchRequest> Read(std::string_view query) {
  QueryParameters parameters;
  REQUIRE(parameters.Parse(query).ok());
  return ReadSearchRequest(parameters, "metric_names", 7'200'000);
}

const std::vector<std::string> kNames = {"Up",      "go_threads", "http_requests_total",
                                         "node_up", "up",         "uptime_seconds"};

std::string Found(std::string_view query) {
  const auto request = Read(query);
  REQUIRE(request.ok());
  bool has_more = false;
  std::string text;
  for (const FoundName& name : FindNames(*request, kNames, &has_more)) text += name.name + " ";
  return text + (has_more ? "..." : "");
}

}  // namespace

TEST_SUITE("server/search_request") {
  TEST_CASE("the score of a subsequence follows its formula") {
    CHECK(SubsequenceScore("", "x") == 1);
    CHECK(SubsequenceScore("x", "x") == 1);
    CHECK(SubsequenceScore("ba", "ab") == 0);
    CHECK(SubsequenceScore("long", "lo") == 0);
    // A run of 2 of 8 characters, 5 before it and 1 behind it.
    CHECK(SubsequenceScore("up", "node_upx") == doctest::Approx((4 - 5.0 / 8 - 1.0 / 16) / 4));
    // Runs of 1 and 2, with a gap of one between them; starting at the first a they would be worse.
    CHECK(SubsequenceScore("abc", "a_axbc") == doctest::Approx((5 - 2.0 / 6 - 1.0 / 6) / 9));
    CHECK(SubsequenceScore("\xc3\xa9", "\xc3\xa3") == 0);
    CHECK(SubsequenceScore("\xc3\xa9", "\xc3\xa9x") == doctest::Approx(1 - 1.0 / 4));
  }

  TEST_CASE("Jaro-Winkler, on the examples of the literature") {
    CHECK(JaroWinklerScore("MARTHA", "MARHTA") == doctest::Approx(0.9611).epsilon(1e-4));
    CHECK(JaroWinklerScore("DIXON", "DICKSONX") == doctest::Approx(0.8133).epsilon(1e-4));
    CHECK(JaroWinklerScore("a", "b") == 0);
    CHECK(JaroWinklerScore("", "b") == 0);
  }

  TEST_CASE("names that match any term, in the order asked for") {
    CHECK(Found("") == "Up go_threads http_requests_total node_up up uptime_seconds ");
    CHECK(Found("search[]=up") == "node_up up uptime_seconds ");
    CHECK(Found("search[]=up&case_sensitive=false") == "Up node_up up uptime_seconds ");
    CHECK(Found("search[]=up&sort_by=score") == "up uptime_seconds node_up ");
    CHECK(Found("search[]=up&sort_by=alpha&sort_dir=dsc") == "uptime_seconds up node_up ");
    CHECK(Found("search[]=up&limit=2") == "node_up up ...");
    CHECK(Found("search[]=htot&search[]=gth") == "go_threads http_requests_total ");
    CHECK(Found("search[]=htot&fuzz_threshold=90").empty());
    CHECK(Found("search[]=requests&fuzz_alg=jarowinkler") == "http_requests_total ");
    CHECK(Found("search[]=go_thraeds&fuzz_alg=jarowinkler&fuzz_threshold=90") == "go_threads ");
  }

  TEST_CASE("defaults, limits, and wrong parameters in Prometheus's words") {
    const auto request = Read("");
    CHECK(request->range_ms == storage::TimeRange{3'600'000, 7'200'001});
    CHECK(request->limit == 100);
    CHECK(Read("limit=99999999")->limit == kSearchLimitMax);
    const auto error = [](std::string_view query) {
      return std::string(Read(query).status().message());
    };
    CHECK(error("fuzz_threshold=101") == "invalid fuzz_threshold \"101\": must be 0-100");
    CHECK(error("fuzz_alg=x") ==
          "unsupported fuzz_alg \"x\": must be one of [subsequence jarowinkler]");
    CHECK(error("sort_by=size") ==
          "invalid sort_by \"size\" for metric_names: must be \"alpha\" or \"score\"");
    CHECK(error("sort_by=score") == "sort_by=score requires search[] to be set");
    CHECK(error("sort_dir=asc") == "sort_dir is only valid when sort_by is set");
    CHECK(error("limit=-1") == "invalid limit \"-1\": must be non-negative integer");
    CHECK(error("case_sensitive=maybe") == "invalid case_sensitive \"maybe\": must be boolean");
    CHECK_FALSE(Read("search[]=" + std::string(kSearchTermBytesMax + 1, 'x')).ok());
  }
}

}  // namespace varve::server
