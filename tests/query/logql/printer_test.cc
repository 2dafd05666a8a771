#include <doctest/doctest.h>

#include "query/logql/parser.h"
#include "query/logql/printer.h"

namespace varve::query {
namespace {

TEST_SUITE("query/logql/printer") {
  TEST_CASE("a query is printed in one spelling") {
    const auto printed = [](std::string_view text) { return PrintLogql(ParseLogql(text).value()); };
    CHECK(printed("sum by(app)(rate({app=\"api\"}|=\"x\"|json|a>5[5m]))") ==
          "sum by (app)(rate({app=\"api\"} |= \"x\" | json | a>5[5m]))");
    CHECK(printed("{a=`b`,c!~\"d\"}|~`x\\d`or\"y\"") ==
          "{a=\"b\", c!~\"d\"} |~ \"x\\\\d\" or \"y\"");
  }

  TEST_CASE("what is printed parses, and prints the same again") {
    for (const std::string_view text :
         {"{a=\"b\"} | logfmt --strict lvl=\"level\" | lvl=\"x\" or took>1.5s,size>=2KB",
          "topk by (x)(2, rate({a=\"b\"}[90s] offset -1h)) > bool on (x) group_left (y) vector(3)",
          "quantile_over_time(0.99, {a=\"b\"} | unwrap duration(d) | d!=\"\" [5m]) without (z)",
          "label_replace(-1 + vector(2) ^ 2, \"a\", \"$1\", \"b\", \"(.*)\")",
          "{a=\"b\"} | unpack | pattern \"<x> <_>\" | regexp \"(?P<y>z)\"",
          "{a=\"b\"} | decolorize | keep a,b=\"c\"",
          "{a=\"b\"} | line_format \"{{.x}}\" | label_format p=\"{{.q}}\",r=s",
          "{a=\"b\"} | json x=\"y[0].z\" | label_format p=q",
          "{a=\"b\"} | drop __error__ | i=ip(\"10.0.0.0/8\")"}) {
      INFO(text);
      const auto first = ParseLogql(text);
      REQUIRE(first.ok());
      const std::string printed = PrintLogql(*first);
      const auto second = ParseLogql(printed);
      REQUIRE_MESSAGE(second.ok(), printed);
      CHECK(PrintLogql(*second) == printed);
    }
  }
}

}  // namespace
}  // namespace varve::query
