#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "query/promql/parser.h"
#include "query/promql/printer.h"

namespace varve::query {
namespace {

std::string Print(const std::string& text) {
  const auto expr = ParseExpression(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
  return PrintExpression(**expr);
}

std::string Pretty(const std::string& text) {
  const auto expr = ParseExpression(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
  return PrettyExpression(**expr);
}

// Makes random expressions of every kind of node.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  std::string Vector(int depth) {
    switch (depth <= 0 ? Pick(2) : Pick(9)) {
      case 0:
        return OneOf({"foo", "a:b", "sum", "offset", "up"}) + Matchers() + Modifiers();
      case 1:
        return "{\"x.y\"" + OneOf({"", ", a=\"b\"", ", \"c.d\"!~\"e|f\""}) + "}" + Modifiers();
      case 2:
        return OneOf({"rate", "increase", "max_over_time", "changes"}) + "(" + Matrix(depth - 1) +
               ")";
      case 3:
        return OneOf({"sum", "avg", "count", "group"}) +
               OneOf({"", " by (a)", " without (b, \"c d\")"}) + "(" + Vector(depth - 1) + ")";
      case 4:
        return OneOf({"topk", "limitk", "quantile"}) + "(" + Scalar(depth - 1) + ", " +
               Vector(depth - 1) + ")" + OneOf({"", " by (z)"});
      case 5:
        return "(" + Vector(depth - 1) + ")";
      case 6:
        return "-" + Vector(depth - 1);
      case 7:
        return "(" + Vector(depth - 1) + ") " +
               OneOf({"+", "*", "^", "atan2", "==", "> bool", "</"}) +
               OneOf({" ", " on(a) ", " ignoring(b) group_left(c) ", " fill(0) ",
                      " on() fill_left(1) fill_right(-2.5e-9) "}) +
               Vector(depth - 1);
      default:
        return Vector(depth - 1) + OneOf({" or ", " and on(q) ", " unless "}) + Vector(depth - 1);
    }
  }

 private:
  std::string Matrix(int depth) {
    if (Pick(2) == 0) return "foo" + Matchers() + "[" + Length() + "]" + Modifiers();
    return "(" + Vector(depth) + ")[" + Length() + ":" + OneOf({"", "1m", "step()"}) + "]" +
           Modifiers();
  }
  std::string Scalar(int depth) {
    if (depth > 0 && Pick(3) == 0) return "scalar(" + Vector(depth - 1) + ")";
    return OneOf({"1", "-0x1f", "1e-7", "5m", "NaN", "-Inf", "pi()", "1 + 2", "2 ^ -3", "time()"});
  }
  std::string Matchers() {
    return OneOf({"", "{a=\"b\"}", "{c!=\"\\n\", a=~\"x.*\"}", "{le!~`\\d`}"});
  }
  std::string Modifiers() {
    return OneOf({"", "", " offset 5m", " offset -(step() + 1)", " @ 12.5", " @ end() offset 1d"});
  }
  std::string Length() {
    return OneOf({"5m", "300", "1h30m", "2 * step()", "(1 + 2) ^ 2", "max_of(1m, range())"});
  }
  size_t Pick(size_t count) { return random_() % count; }
  std::string OneOf(const std::vector<std::string>& choices) {
    return choices[Pick(choices.size())];
  }

  std::mt19937_64 random_;
};

TEST_SUITE("query/promql/printer") {
  TEST_CASE("an expression prints in its canonical form") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"sum(foo)by(a,\"b c\")", "sum by (a, \"b c\") (foo)"},
        {"sum by()(foo)", "sum(foo)"},
        {"sum without()(foo)", "sum without () (foo)"},
        {"TOPK(3,foo)", "topk(3, foo)"},
        {"count_values(\"v\",foo)", "count_values(\"v\", foo)"},
        {"a+on(b)group_left c", "a + on (b) group_left () c"},
        {"a+ignoring(b)group_right(x,y)c", "a + ignoring (b) group_right (x, y) c"},
        {"a+ignoring()c", "a + c"},
        {"a+on()c", "a + on () c"},
        {"a>bool 1", "a > bool 1"},
        {"a+fill(1e-9)b", "a + fill (1e-09) b"},
        {"a+fill_right(2)fill_left(1)b", "a + fill_left (1) fill_right (2) b"},
        {"a</1>/2", "a </ 1 >/ 2"},
        {"up[5m]offset 1h", "up[5m] offset 1h"},
        {"up[300]@1603775091", "up[5m] @ 1603775091.000"},
        {"up offset -1h30m", "up offset -1h30m"},
        {"up[5m]anchored @start()offset 1m", "up[5m] anchored @ start() offset 1m"},
        {"up smoothed @ 5 offset 1m", "up @ 5.000 smoothed offset 1m"},
        {"rate(up[5m])[1h:]", "rate(up[5m])[1h:]"},
        {"up[1h:90]@end()offset -1d", "up[1h:1m30s] @ end() offset -1d"},
        {"up[5m+(step()*2)-1]", "up[5m + (step() * 2) - 1]"},
        {"up[MAX_OF(1m,-range())]", "up[max_of(1m, -range())]"},
        {"up offset -(1m+1)", "up offset -(1m + 1)"},
        {"up[(1m)*(-3)+(+1h)]", "up[1m * -3 + 1h]"},
        {"up[-(-5m)]", "up[5m]"},
        {"up offset -(1m)", "up offset -1m"},
        {"{__name__=\"up\",b='c'}", "{__name__=\"up\",b=\"c\"}"},
        {"{\"up\",\"x.y\"=\"c\"}", "{\"x.y\"=\"c\",__name__=\"up\"}"},
        {"up{z=\"1\",a!~\"2\"}", "up{a!~\"2\",z=\"1\"}"},
        {"info(up,{})", "info(up, {})"},
        {"1e3+0x10+5m+-5m+1.50", "1000 + 16 + 5m + -5m + 1.5"},
        {"-1^2", "-1 ^ 2"},
        {"-(a)", "-(a)"},
        {"'it\\'s'", "\"it's\""},
        {"label_replace(up,'a',`$1`,\"b\",'(.*)')",
         "label_replace(up, \"a\", \"$1\", \"b\", \"(.*)\")"},
    };
    for (const auto& [text, wanted] : cases) CHECK(Print(text) == wanted);
  }

  TEST_CASE("what is printed parses again to the same text, plain and pretty") {
    const uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    Generator generator(seed);
    for (int i = 0; i < 3000; ++i) {
      const std::string text = generator.Vector(5);
      const std::string printed = Print(text);
      CAPTURE(text);
      CAPTURE(printed);
      CHECK(Print(printed) == printed);
      const std::string pretty = Pretty(text);
      CAPTURE(pretty);
      CHECK(Print(pretty) == printed);
      CHECK(Pretty(pretty) == pretty);
    }
  }

  TEST_CASE("a long expression is broken at its operators and arguments") {
    const std::string a = "first_metric_with_a_long_name{some_label=\"some value\"}";
    const std::string b = "second_metric_with_a_long_name{some_label=\"some value\"}";
    CHECK(Pretty("foo+bar") == "foo + bar");
    CHECK(Pretty(a + " + " + b) == "  " + a + "\n+\n  " + b);
    CHECK(Pretty("sum by (job) (" + a + " / on (x) " + b + ")") ==
          "sum by (job) (\n    " + a + "\n  / on (x)\n    " + b + "\n)");
    CHECK(Pretty("label_replace(" + a +
                 ", \"destination\", \"replacement\", \"source\", \"(.*)\")") ==
          "label_replace(\n  " + a +
              ",\n  \"destination\",\n  \"replacement\",\n  \"source\",\n  \"(.*)\"\n)");
    CHECK(Pretty("(" + a + " or " + b + ")[1h:5m]") ==
          "(\n    " + a + "\n  or\n    " + b + "\n)[1h:5m]");
    CHECK(Pretty("-(" + a + " or " + b + ")") == "-(\n    " + a + "\n  or\n    " + b + "\n)");
    CHECK(Pretty("-(" + a + ") ^ on (x) " + b) == "-(" + a + ")\n^ on (x)\n  " + b);
    CHECK(Pretty("1 + -" + a + " ^ " + b) == "  1\n+\n  -" + a + "\n  ^\n    " + b);
  }
}

}  // namespace
}  // namespace varve::query
