#include "server/loki_delete_parameters.h"

#include <doctest/doctest.h>

namespace varve::server {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'500;

absl::StatusOr<LokiDeleteParameters> Read(std::string_view text) {
  QueryParameters parameters;
  REQUIRE(parameters.Parse(text).ok());
  return ReadLokiDeleteParameters(parameters, kNowMs);
}

std::string Error(std::string_view text) {
  const auto read = Read(text);
  REQUIRE_FALSE(read.ok());
  return std::string(read.status().message());
}

}  // namespace

TEST_SUITE("server/loki_delete_parameters") {
  TEST_CASE("a selector is a delete of everything, stages are its filter") {
    const auto whole = Read("query=%7Ba=%22b%22%7D&start=1600000000");
    REQUIRE(whole.ok());
    CHECK(whole->deletion.filter.empty());
    REQUIRE(whole->deletion.matchers.size() == 1);
    CHECK(whole->deletion.matchers[0].value() == "b");
    CHECK(whole->begin_ns == 1'600'000'000'000'000'000);
    CHECK(whole->last_ns == kNowMs * 1'000'000);
    CHECK(whole->deletion.range_ns ==
          storage::TimeRange::Inclusive(whole->begin_ns, whole->last_ns));
    const auto some = Read(
        "query=%7Ba=%22b%22%7D%7C%3D%22x%22&start=2020-09-13T12:26:40Z&end=2020-09-13T12:26:42Z"
        "&max_interval=2s");
    REQUIRE(some.ok());
    CHECK(some->deletion.filter == "{a=\"b\"}|=\"x\"");
    CHECK(some->begin_ns == whole->begin_ns);
    CHECK(some->last_ns == whole->begin_ns + 2'000'000'000);
  }

  TEST_CASE("what is wrong is said in Loki's words") {
    const std::string query = "query=%7Ba=%22b%22%7D";
    CHECK(Error("start=1") == "query not set");
    for (const char* text : {"query=nonsense&start=1", "query=%7B%7D&start=1",
                             "query=rate(%7Ba=%22b%22%7D%5B1m%5D)&start=1",
                             "query=%7Ba=%22b%22%7D%7C~%22(%22&start=1"}) {
      CAPTURE(text);
      CHECK(Error(text) == "invalid query expression");
    }
    CHECK(Error(query) == "start time not set");
    const char* kSeconds = " time: require unix seconds or RFC3339 format";
    CHECK(Error(query + "&start=1600000000000") == std::string("invalid start") + kSeconds);
    CHECK(Error(query + "&start=1&end=yesterday") == std::string("invalid end") + kSeconds);
    CHECK(Error(query + "&start=1&end=1700000001") == "deletes in the future are not allowed");
    CHECK(Error(query + "&start=2&end=1") == "start time can't be greater than end time");
    CHECK(Error(query + "&start=1&end=1") ==
          "difference between start time and end time must be at least one second");
    for (const char* interval : {"x", "1ms"}) {
      CHECK(Error(query + "&start=1&end=5&max_interval=" + interval) ==
            "invalid max_interval: valid time units are 's', 'm', 'h'");
    }
    CHECK(Error(query + "&start=1&end=5&max_interval=30s") ==
          "max_interval can't be greater than the interval to be deleted (4s)");
  }
}

}  // namespace varve::server
