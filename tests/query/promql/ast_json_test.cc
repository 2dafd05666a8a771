#include <doctest/doctest.h>

#include <string>

#include "query/promql/ast_json.h"
#include "query/promql/parser.h"

namespace varve::query {
namespace {

std::string Json(std::string_view text) {
  const auto expr = ParseExpression(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
  return ExpressionJson(**expr);
}

TEST_SUITE("query/promql/ast_json") {
  TEST_CASE("literals, signs and parentheses are nodes") {
    CHECK(Json("(1)") == R"({"expr":{"type":"numberLiteral","val":"1"},"type":"parenExpr"})");
    CHECK(Json("\"a\\\"\\n\\xff\"") ==
          "{\"type\":\"stringLiteral\",\"val\":\"a\\\"\\u000a\xef\xbf\xbd\"}");
    CHECK(Json("-time()") ==
          R"({"expr":{"args":[],"func":{"argTypes":[],"name":"time","returnType":"scalar",)"
          R"("variadic":0},"type":"call"},"op":"-","type":"unaryExpr"})");
  }

  TEST_CASE("selectors carry their matchers and times") {
    CHECK(Json("up{a!=\"b\"} offset 5m @ 1.5") ==
          R"({"matchers":[{"name":"a","type":"!=","value":"b"},)"
          R"({"name":"__name__","type":"=","value":"up"}],"name":"up","offset":300000,)"
          R"("startOrEnd":null,"timestamp":1500,"type":"vectorSelector"})");
    CHECK(Json("up[5m] smoothed @ end()") ==
          R"({"matchers":[{"name":"__name__","type":"=","value":"up"}],)"
          R"("name":"up","offset":0,"range":300000,"smoothed":true,"startOrEnd":"end",)"
          R"("timestamp":null,"type":"matrixSelector"})");
    CHECK(Json("vector(1)[1h:1m]") ==
          R"({"expr":{"args":[{"type":"numberLiteral","val":"1"}],"func":{"argTypes":["scalar"],)"
          R"("name":"vector","returnType":"vector","variadic":0},"type":"call"},"offset":0,)"
          R"("range":3600000,"startOrEnd":null,"step":60000,"timestamp":null,"type":"subquery"})");
  }

  TEST_CASE("operations carry their matching and grouping") {
    CHECK(Json("1 > bool 2") ==
          R"({"bool":true,"lhs":{"type":"numberLiteral","val":"1"},"matching":null,"op":">",)"
          R"("rhs":{"type":"numberLiteral","val":"2"},"type":"binaryExpr"})");
    const std::string binary = Json("a / on(x) group_left(y) fill_right(2) b");
    CHECK(binary.find(R"("matching":{"card":"many-to-one","fillValues":{"lhs":null,"rhs":2},)"
                      R"("include":["y"],"labels":["x"],"on":true})") != std::string::npos);
    const std::string aggregate = Json("topk without (x, y) (3, a)");
    CHECK(aggregate.find(R"("grouping":["x","y"],"op":"topk","param":{"type":"numberLiteral",)"
                         R"("val":"3"},"type":"aggregation","without":true})") !=
          std::string::npos);
    CHECK(Json("sum(a)").find(R"("param":null)") != std::string::npos);
  }
}

}  // namespace
}  // namespace varve::query
