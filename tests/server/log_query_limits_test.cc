#include "server/log_query_limits.h"

#include <doctest/doctest.h>

namespace varve::server {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kHourNs = kHourMs * 1'000'000;
constexpr int64_t kNowNs = 1000 * kHourNs;

std::string_view Message(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace

TEST_SUITE("server/log_query_limits") {
  TEST_CASE("what is before the lookback is cut off, and a range before it is empty") {
    LogQueryLimits limits;
    limits.lookback_ms = 10 * kHourMs;
    LokiBounds bounds{0, kNowNs};
    CHECK(*LimitRange(limits, kNowNs, &bounds));
    CHECK(bounds.start_ns == kNowNs - 10 * kHourNs);
    bounds = {kNowNs - kHourNs, kNowNs};
    CHECK(*LimitRange(limits, kNowNs, &bounds));
    CHECK(bounds.start_ns == kNowNs - kHourNs);
    bounds = {0, kNowNs - 11 * kHourNs};
    CHECK_FALSE(*LimitRange(limits, kNowNs, &bounds));
    bounds = {INT64_MIN, INT64_MAX};
    CHECK(*LimitRange({}, kNowNs, &bounds));
    CHECK(bounds.start_ns == INT64_MIN);
  }

  TEST_CASE("a range longer than the longest is refused, after it was cut") {
    LogQueryLimits limits;
    limits.length_ms = 24 * kHourMs;
    LokiBounds bounds{kNowNs - 25 * kHourNs, kNowNs};
    CHECK(Message(LimitRange(limits, kNowNs, &bounds).status()) ==
          "the query time range exceeds the limit (query length: 1d1h, limit: 1d)");
    limits.lookback_ms = 24 * kHourMs;
    CHECK(LimitRange(limits, kNowNs, &bounds).ok());
  }

  TEST_CASE("range selectors and matchers are checked wherever they stand") {
    LogQueryLimits limits;
    limits.range_ms = kHourMs;
    limits.matchers_max = 1;
    for (const char* text : {"{a=\"b\"}", "rate({a=\"b\"}[1h])", "vector(1)", "no query at all",
                             "sum(rate({a=\"b\"}[5m])) / 2"}) {
      CAPTURE(text);
      CHECK(CheckQueryText(limits, text).ok());
    }
    CHECK(Message(CheckQueryText(limits, "1 + sum(rate({a=\"b\"}[2h]))")) ==
          "[interval] value exceeds limit: [2h] > [1h]");
    CHECK(Message(CheckQueryText(
              limits, "label_replace(rate({a=\"b\",c=\"d\"}[1m]),\"x\",\"\",\"\",\"\")")) ==
          "max streams matchers per query exceeded, matchers-count > limit (2 > 1)");
    CHECK(CheckQueryText({}, "rate({a=\"b\",c=\"d\"}[9h])").ok());
  }

  TEST_CASE("an answer of too many series is refused") {
    LogQueryLimits limits;
    limits.series_max = 1;
    query::QueryResult result;
    query::MatrixResult matrix;
    matrix.series.resize(1);
    result.value = matrix;
    CHECK(CheckResult(limits, result).ok());
    matrix.series.resize(2);
    result.value = matrix;
    CHECK(Message(CheckResult(limits, result))
              .starts_with("maximum number of series (1) reached for a single query; consider"));
    CHECK(CheckResult({}, result).ok());
    result.value = query::StreamsResult();
    CHECK(CheckResult(limits, result).ok());
  }
}

}  // namespace varve::server
