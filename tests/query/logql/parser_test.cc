#include <doctest/doctest.h>

#include <string>

#include "query/logql/logql_engine.h"
#include "query/logql/parser.h"

namespace varve::query {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto parsed = ParseLogql(text);
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

TEST_SUITE("query/logql/parser") {
  TEST_CASE("syntax errors name the line, the column and the token as Loki does") {
    CHECK(ErrorOf("") == "parse error : syntax error: unexpected $end");
    CHECK(ErrorOf("{") ==
          "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }");
    CHECK(ErrorOf("{job=\"a\"") ==
          "parse error at line 1, col 9: syntax error: unexpected $end, expecting } or ,");
    CHECK(ErrorOf("rate({job=\"a\"})") ==
          "parse error at line 1, col 15: syntax error: unexpected )");
    CHECK(ErrorOf("rate({job=\"a\"}[5])") ==
          "parse error at line 0, col 15: not a valid duration string: \"5\"");
    CHECK(ErrorOf("foo(1)") == "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER");
    CHECK(ErrorOf("{job=\"a\"}\n| logfmt\n| x>") ==
          "parse error at line 3, col 5: syntax error: unexpected $end");
  }

  TEST_CASE("a selector that takes every stream is refused in a query") {
    CHECK(ErrorOf("{job=~\".*\"}").find("queries require at least one regexp") !=
          std::string::npos);
    CHECK(ErrorOf("{}").find("queries require at least one regexp") != std::string::npos);
    CHECK(ParseLogSelector("{}").ok());
    CHECK(ParseLogSelector("{a=\"b\", c!~\"d.*\"}").value().size() == 2);
  }

  TEST_CASE("a range may stand before or behind the pipeline, with an offset") {
    for (const std::string_view text :
         {"rate({a=\"b\"}[5m])", "rate({a=\"b\"}[5m] offset 1h)", "rate(({a=\"b\"})[5m])",
          "rate({a=\"b\"}[5m] |= \"x\" | json)", "rate({a=\"b\"} |= \"x\" | json [5m] offset -1m)",
          "rate(({a=\"b\"} |= \"x\")[5m])", "sum_over_time({a=\"b\"} | json | unwrap x [5m])",
          "sum_over_time({a=\"b\"}[5m] | json | unwrap bytes(x) | __error__=\"\")"}) {
      CHECK_MESSAGE(ErrorOf(text).empty(), text << ": " << ErrorOf(text));
    }
  }

  TEST_CASE("words that are keywords elsewhere may name labels") {
    for (const std::string_view text :
         {"{json=\"x\"} | rate=\"1\"", "{a=\"b\"} | logfmt | bytes > 1KB | duration > 1s",
          "{a=\"b\"} | logfmt | ip = ip(\"10.0.0.0/8\")", "sum by (by, on) (rate({a=\"b\"}[1m]))",
          "{a=\"b\"} | json ip=\"x.y\" | drop json"}) {
      CHECK_MESSAGE(ErrorOf(text).empty(), text << ": " << ErrorOf(text));
    }
  }

  TEST_CASE("nesting deeper than the limit is an error, not a crash") {
    CHECK(!ErrorOf(std::string(100'000, '(')).empty());
    CHECK(!ErrorOf("{a=\"b\"} | " + std::string(100'000, '(')).empty());
    CHECK(!ErrorOf("rate(" + std::string(100'000, '(')).empty());
  }

  TEST_CASE("formats take one string, or labels and strings") {
    for (const std::string_view text :
         {"{a=\"b\"} | line_format \"{{.x}}\"", "{a=\"b\"} | label_format x=\"{{.y}}\"",
          "{a=\"b\"} | label_format x=y, z=`{{.w}}`"}) {
      CHECK_MESSAGE(ErrorOf(text).empty(), text << ": " << ErrorOf(text));
    }
    CHECK(ErrorOf("{a=\"b\"} | line_format x") ==
          "parse error at line 1, col 23: syntax error: unexpected IDENTIFIER, expecting STRING");
  }

  TEST_CASE("IsLogQuery tells lines from numbers") {
    CHECK(IsLogQuery("{a=\"b\"} |= \"x\"").value());
    CHECK(!IsLogQuery("rate({a=\"b\"}[1m])").value());
    CHECK(!IsLogQuery("1 + 1").value());
    CHECK(!IsLogQuery("{").ok());
  }
}

}  // namespace
}  // namespace varve::query
