#include <doctest/doctest.h>

#include <string_view>

#include "query/promql/log_selector_scan.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"

namespace varve::query {
namespace {

// The log query that begins at the first brace.
std::string_view Found(std::string_view text, bool needs_stage = true) {
  const size_t begin = text.find('{');
  const size_t end = FindLogQuery(text, begin, needs_stage);
  return end == 0 ? std::string_view() : text.substr(begin, end - begin);
}

TEST_SUITE("query/promql/log_selector_scan") {
  TEST_CASE("a log query has a stage behind its selector and ends in a range") {
    CHECK(Found("logs{a=\"b\"} |= \"x\" [5m]") == "{a=\"b\"} |= \"x\" ");
    CHECK(Found("logs{a=\"}\"} | json | x > (3) [5m]") == "{a=\"}\"} | json | x > (3) ");
    CHECK(Found("logs{a=\"b\"} != `[`[5m]") == "{a=\"b\"} != `[`");
    CHECK(Found("logs{a=\"b\"} !~ \"y\"\n| logfmt # [1m]\n[5m]") ==
          "{a=\"b\"} !~ \"y\"\n| logfmt # [1m]\n");
    CHECK(Found("{a=\"b\"}[5m]", false) == "{a=\"b\"}");
  }

  TEST_CASE("what is no log query stays what it was") {
    for (const std::string_view text :
         {"logs{a=\"b\"}[5m]", "logs{a=\"b\"}", "logs{a=\"b\"} != 3", "logs{a=\"b\"} |= \"x\"",
          "logs{a=\"b\"} |= \"x", "(logs{a=\"b\"} |= \"x\")[5m]", "logs{a=\"b", "logs{"}) {
      CHECK_MESSAGE(Found(text).empty(), text);
    }
  }

  TEST_CASE("expressions over logs print and parse again") {
    for (const std::string_view text :
         {"rate(logs{a=\"b\"} |= \"x\" [5m])",
          "sum by (c) (bytes_rate(logs{a=\"b\"} | json | c!=\"\" [1h] offset 5m)) / rate(m[5m])",
          "max_over_time(count_over_time(logs{a=\"b\"} != \"y\" [5m] @ 100)[1h:1m])",
          "quantile_over_time(0.9, logs{a=\"b\"} | logfmt | unwrap d [5m])", "logs{a=\"b\"}[5m]",
          "deriv(logs{a=\"b\"} | logfmt | unwrap d [5m])"}) {
      INFO(text);
      const auto first = ParseExpression(text);
      REQUIRE(first.ok());
      const std::string printed = PrintExpression(**first);
      const auto second = ParseExpression(printed);
      REQUIRE_MESSAGE(second.ok(), printed);
      CHECK(PrintExpression(**second) == printed);
    }
    CHECK(!ParseExpression("bytes_rate(logs{a=\"b\"}[5m])").ok());
    CHECK(!ParseExpression("bytes_rate(m[5m])").ok());
  }
}

}  // namespace
}  // namespace varve::query
