#include "query/promql/selector_list.h"

#include <doctest/doctest.h>

#include <string>

#include "query/promql/parser.h"

namespace varve::query {
namespace {

// "a{x=\"1\"}" as its matchers, one behind the other; selectors apart by "; ".
std::string Selectors(std::string_view text) {
  const auto expr = ParseExpression(text);
  REQUIRE(expr.ok());
  std::string all;
  for (const auto& matchers : SelectorsOf(**expr)) {
    if (!all.empty()) all += "; ";
    for (const storage::Matcher& matcher : matchers) all += matcher.ToString() + " ";
  }
  return all;
}

}  // namespace

TEST_SUITE("query/promql/selector_list") {
  TEST_CASE("selectors are found in every kind of expression") {
    CHECK(Selectors("1 + 2").empty());
    CHECK(Selectors("up") == "__name__=\"up\" ");
    CHECK(Selectors("histogram_quantile(0.9, sum by (le) (rate(d_bucket{job=~\"a.*\"}[5m])))") ==
          "job=~\"a.*\" __name__=\"d_bucket\" ");
    CHECK(Selectors("-(a / b)") == "__name__=\"a\" ; __name__=\"b\" ");
    CHECK(Selectors("max_over_time(rate(a[1m])[5m:])") == "__name__=\"a\" ");
    CHECK(Selectors("topk(scalar(k), a)") == "__name__=\"k\" ; __name__=\"a\" ");
  }
}

}  // namespace varve::query
