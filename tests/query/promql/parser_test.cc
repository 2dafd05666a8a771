#include <doctest/doctest.h>

#include <cmath>

#include "query/promql/duration_text.h"
#include "query/promql/functions_table.h"
#include "query/promql/parser.h"
#include "query/promql/printer.h"

namespace varve::query {
namespace {

ExprPtr Parse(std::string_view text) {
  auto expr = ParseExpression(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
  return *std::move(expr);
}

double NumberOf(std::string_view text) {
  const ExprPtr expr = Parse(text);
  REQUIRE(expr->kind == ExprKind::kNumberLiteral);
  return As<NumberLiteral>(*expr).value;
}

std::string StringOf(std::string_view text) {
  const ExprPtr expr = Parse(text);
  REQUIRE(expr->kind == ExprKind::kStringLiteral);
  return As<StringLiteral>(*expr).value;
}

// The tree with all its parentheses.
std::string Shape(const Expr& expr) {
  if (expr.kind == ExprKind::kBinary) {
    const auto& binary = As<BinaryExpr>(expr);
    return "[" + Shape(*binary.left) + std::string(BinaryOperatorText(binary.operation.op)) +
           Shape(*binary.right) + "]";
  }
  if (expr.kind == ExprKind::kUnary) {
    const auto& unary = As<UnaryExpr>(expr);
    return "[" + std::string(unary.negative ? "-" : "+") + Shape(*unary.expr) + "]";
  }
  return PrintExpression(expr);
}

TEST_SUITE("query/promql/parser") {
  TEST_CASE("numbers are read as Go reads them, and durations are numbers of seconds") {
    CHECK(NumberOf("1") == 1);
    CHECK(NumberOf(".5") == 0.5);
    CHECK(NumberOf("5.") == 5);
    CHECK(NumberOf("5e-3") == 0.005);
    CHECK(NumberOf("0xc") == 12);
    CHECK(NumberOf("0x_1F") == 31);
    CHECK(NumberOf("0xe1") == 225);
    CHECK(NumberOf("0x1e3") == 483);
    CHECK(NumberOf("0x12e") == 302);
    CHECK(PrintExpression(*Parse("0x12e-3")) == "302 - 3");
    CHECK(PrintExpression(*Parse("0x1e - 3")) == "30 - 3");
    CHECK(NumberOf("0755") == 493);
    CHECK(NumberOf("-0755") == -493);
    CHECK(NumberOf("089") == 89);
    CHECK(NumberOf("1_000.5") == 1000.5);
    CHECK(NumberOf("1_000_000") == 1e6);
    CHECK(NumberOf("9223372036854775808") == 9223372036854775808.0);
    CHECK(NumberOf("+Inf") == HUGE_VAL);
    CHECK(NumberOf("-iNf") == -HUGE_VAL);
    CHECK(std::isnan(NumberOf("NaN")));
    CHECK(NumberOf("5m") == 300);
    CHECK(NumberOf("-1h30m") == -5400);
    CHECK(NumberOf("1ms") == 0.001);
    CHECK(As<NumberLiteral>(*Parse("5m")).written_as_duration);
    CHECK_FALSE(As<NumberLiteral>(*Parse("300")).written_as_duration);
  }

  TEST_CASE("strings take Go's escapes in both quotes and none in back quotes") {
    CHECK(StringOf(R"("double \"quote\" \\ \n\t\x41\101\u00e9\U0001F600")") ==
          "double \"quote\" \\ \n\tAA\xc3\xa9\xf0\x9f\x98\x80");
    CHECK(StringOf(R"('single \'q\' "x"')") == "single 'q' \"x\"");
    CHECK(StringOf("`raw \\n \"' \n`") == "raw \\n \"' \n");
    CHECK(StringOf(R"("\xff")") == "\xff");
    CHECK(StringOf("\"\"").empty());
  }

  TEST_CASE("operators bind as documented") {
    const auto shape = [](std::string_view text) { return Shape(*Parse(text)); };
    CHECK(shape("1 + 2 * 3") == "[1+[2*3]]");
    CHECK(shape("1 * 2 + 3") == "[[1*2]+3]");
    CHECK(shape("2 ^ 3 ^ 2") == "[2^[3^2]]");
    CHECK(shape("-1 ^ 2") == "[-[1^2]]");
    CHECK(shape("-1 * 2") == "[-1*2]");
    CHECK(shape("2 ^ -1 * 3") == "[[2^-1]*3]");
    CHECK(shape("-a * b") == "[[-a]*b]");
    CHECK(shape("a - b - c") == "[[a-b]-c]");
    CHECK(shape("a atan2 b * c") == "[[aatan2b]*c]");
    CHECK(shape("a or b and c unless d") == "[aor[[bandc]unlessd]]");
    CHECK(shape("a + b > c or d") == "[[[a+b]>c]ord]");
    CHECK(shape("a </ 5 + 1") == "[a</[5+1]]");
    CHECK(shape("a >/ 5 == b") == "[[a>/5]==b]");
    CHECK(shape("- - a") == "[-[-a]]");
    CHECK(shape("a offset 1m + 2m") == "[a offset 1m+2m]");
    CHECK(shape("a offset -2 ^ 2") == "[a offset -2s^2]");
    CHECK(shape("-a offset 5m") == "[-a offset 5m]");
    CHECK(shape("a == bool b @ 5 / 2") == "[a==[b @ 5.000/2]]");
  }

  TEST_CASE("a selector keeps its matchers, the name's last") {
    const ExprPtr expr = Parse(R"(foo{a="b", c!="d", e=~"f.*", g!~'h',})");
    const auto& selector = As<VectorSelector>(*expr);
    CHECK(selector.name == "foo");
    REQUIRE(selector.matchers.size() == 5);
    CHECK(selector.matchers[0] == storage::Matcher::Equal("a", "b"));
    CHECK(selector.matchers[2].type() == storage::MatchType::kRegex);
    CHECK(selector.matchers[3].type() == storage::MatchType::kNotRegex);
    CHECK(selector.matchers[4] == storage::Matcher::Equal("__name__", "foo"));
    CHECK(selector.position == PositionRange{0, 37});

    const ExprPtr quoted = Parse(R"({"my.metric", "label.name"="x"})");
    CHECK(As<VectorSelector>(*quoted).name.empty());
    CHECK(As<VectorSelector>(*quoted).matchers[0] ==
          storage::Matcher::Equal("__name__", "my.metric"));
    CHECK(As<VectorSelector>(*quoted).matchers[1] == storage::Matcher::Equal("label.name", "x"));
  }

  TEST_CASE("keywords are names of metrics and labels wherever nothing else can stand") {
    for (const std::string_view word :
         {"sum",        "avg",    "by",          "without",  "and",          "or",
          "unless",     "offset", "anchored",    "smoothed", "fill",         "fill_left",
          "fill_right", "start",  "end",         "step",     "range",        "min_of",
          "max_of",     "limitk", "limit_ratio", "group",    "count_values", "a:b"}) {
      const ExprPtr expr = Parse(word);
      CHECK(As<VectorSelector>(*expr).name == word);
      Parse(std::string(word) + "{x=\"y\"}[5m]");
      Parse(std::string(word) + " + " + std::string(word));
    }
    for (const std::string_view word :
         {"sum", "by", "bool", "on", "ignoring", "group_left", "atan2", "and", "offset", "start",
          "step", "fill", "anchored", "a:b"}) {
      const ExprPtr expr = Parse("sum by (" + std::string(word) + ") (foo)");
      CHECK(As<AggregateExpr>(*expr).grouping.labels[0] == word);
      if (word != "a:b") Parse("foo{" + std::string(word) + "=\"x\"}");
    }
  }

  TEST_CASE("modifiers of a selector may stand in any order") {
    for (const std::string_view text :
         {"foo offset 5m @ 10", "foo @ 10 offset 5m", "foo anchored @ 10 offset 5m",
          "foo offset 5m @ 10 anchored"}) {
      const ExprPtr expr = Parse(text);
      const auto& selector = As<VectorSelector>(*expr);
      CHECK(selector.time.offset.ms == 300'000);
      CHECK(selector.time.at == TimeModifiers::At::kTimestamp);
      CHECK(selector.time.at_ms == 10'000);
    }
    const ExprPtr matrix = Parse("foo[5m] smoothed @ end() offset -1.5");
    const auto& selector = *As<MatrixSelector>(*matrix).selector;
    CHECK(As<MatrixSelector>(*matrix).range.ms == 300'000);
    CHECK(selector.smoothed);
    CHECK(selector.time.at == TimeModifiers::At::kEnd);
    CHECK(selector.time.offset.ms == -1'500);
    CHECK(matrix->position == PositionRange{0, 36});
    CHECK(As<VectorSelector>(*Parse("foo @ -1.2345")).time.at_ms == -1'235);
    const ExprPtr subquery = Parse("rate(foo[5m])[1h:] @ start() offset 5m");
    CHECK_FALSE(As<SubqueryExpr>(*subquery).has_step);
    CHECK(As<SubqueryExpr>(*subquery).time.at == TimeModifiers::At::kStart);
    CHECK(As<SubqueryExpr>(*Parse("foo[1h:90]")).step.ms == 90'000);
  }

  TEST_CASE("vector matching is kept with its cardinality, labels and fill values") {
    const ExprPtr expr = Parse("a / on(x, y,) group_left(z) fill_right(-1) fill_left(2) b");
    const auto& binary = As<BinaryExpr>(*expr);
    const VectorMatching& matching = binary.operation.matching;
    CHECK(binary.has_matching);
    CHECK(matching.on);
    CHECK(matching.cardinality == MatchCardinality::kManyToOne);
    CHECK(matching.labels == std::vector<std::string>{"x", "y"});
    CHECK(matching.include == std::vector<std::string>{"z"});
    CHECK(matching.fill_left == 2);
    CHECK(matching.fill_right == -1);

    const ExprPtr set = Parse("a and ignoring(x) b");
    CHECK(As<BinaryExpr>(*set).operation.matching.cardinality == MatchCardinality::kManyToMany);
    const ExprPtr scalar = Parse("a > bool 5");
    CHECK(As<BinaryExpr>(*scalar).operation.return_bool);
    CHECK_FALSE(As<BinaryExpr>(*scalar).has_matching);
    CHECK(As<BinaryExpr>(*Parse("a * on() group_right b")).operation.matching.cardinality ==
          MatchCardinality::kOneToMany);
  }

  TEST_CASE("aggregations take their grouping in front or behind, and their parameter first") {
    for (const std::string_view text :
         {"topk by (a) (3, foo)", "topk(3, foo) by (a)", "TOPK(3, foo) BY (\"a\",)"}) {
      const ExprPtr expr = Parse(text);
      const auto& aggregate = As<AggregateExpr>(*expr);
      CHECK(aggregate.op == AggregateOperator::kTopk);
      CHECK(aggregate.grouping.labels == std::vector<std::string>{"a"});
      CHECK(As<NumberLiteral>(*aggregate.parameter).value == 3);
      CHECK(aggregate.expr->kind == ExprKind::kVectorSelector);
      CHECK(expr->position == PositionRange{0, static_cast<uint32_t>(text.size())});
    }
    CHECK(As<AggregateExpr>(*Parse("sum without () (foo)")).grouping.without);
    CHECK(As<AggregateExpr>(*Parse("limit_ratio(-0.5, foo)")).op == AggregateOperator::kLimitRatio);
  }

  TEST_CASE("every function is found by its name and knows its arguments") {
    CHECK(AllFunctions().size() == 90);
    std::string_view before;
    for (const FunctionSignature& function : AllFunctions()) {
      CHECK(before < function.name);
      before = function.name;
      CHECK(FindFunction(function.name) == &function);
      // A call with as few arguments as it takes, each of the declared type.
      std::string call = std::string(function.name) + "(";
      for (int i = 0; i < ArgumentsMin(function); ++i) {
        if (i > 0) call += ", ";
        switch (function.argument_types[static_cast<size_t>(i)]) {
          case ValueType::kScalar:
            call += "1";
            break;
          case ValueType::kVector:
            call += "foo";
            break;
          case ValueType::kMatrix:
            call += "foo[5m]";
            break;
          default:
            call += "\"a\"";
            break;
        }
      }
      call += ")";
      const ExprPtr expr = Parse(call);
      CHECK(As<Call>(*expr).function->id == function.id);
      CHECK(expr->type() == function.return_type);
    }
    CHECK(FindFunction("nope") == nullptr);
    Parse("histogram_quantiles(foo, \"q\", 1,2,3,4,5,6,7,8,9,10)");
    CHECK_FALSE(ParseExpression("histogram_quantiles(foo, \"q\", 1,2,3,4,5,6,7,8,9,10,11)").ok());
    const ExprPtr info = Parse("info(foo, {x=\"\"})");
    CHECK(As<VectorSelector>(*As<Call>(*info).arguments[1]).bypass_empty_matcher_check);
  }

  TEST_CASE("comments and white space may stand between any two tokens") {
    const ExprPtr expr = Parse("sum # the total\n by\t(job)\r\n( # of\n foo{#labels\n a=\"b\"} )");
    CHECK(PrintExpression(*expr) == "sum by (job) (foo{a=\"b\"})");
  }

  TEST_CASE("positions are told as line and column") {
    CHECK(PositionText("ab\ncd", 0) == "1:1");
    CHECK(PositionText("ab\ncd", 2) == "1:3");
    CHECK(PositionText("ab\ncd", 3) == "2:1");
    CHECK(PositionText("ab\ncd", 5) == "2:3");
    CHECK(PositionText("ab\ncd", 6) == "invalid position");
  }

  TEST_CASE("durations of parameters are seconds or Prometheus's own") {
    CHECK(ParseDuration("15").value() == 15'000);
    CHECK(ParseDuration("0.25").value() == 250);
    CHECK(ParseDuration("1h30m").value() == 5'400'000);
    CHECK(ParseDuration("1y2w3d4h5m6s7ms").value() == 33'019'506'007);
    CHECK(ParseDuration("x").status().message() == "cannot parse \"x\" to a valid duration");
    CHECK(ParseDuration("1e30").status().message() ==
          "cannot parse \"1e30\" to a valid duration. It overflows int64");
    CHECK_FALSE(ParseDuration("").ok());
    CHECK(ParsePromDuration("0").value() == 0);
    CHECK(ParsePromDuration("").status().message() == "empty duration string");
  }
}

}  // namespace
}  // namespace varve::query
