#include <doctest/doctest.h>

#include <string>

#include "query/promql/parser.h"

namespace varve::query {
namespace {

struct Wanted {
  std::string_view text;
  std::string_view error;  // without "parse error: "
};

std::string ErrorOf(std::string_view text) {
  const auto expr = ParseExpression(text);
  return expr.ok() ? "none" : std::string(expr.status().message());
}

void CheckAll(const std::vector<Wanted>& cases) {
  for (const Wanted& wanted : cases) {
    std::string error(wanted.error);
    error.insert(error.find(' ') + 1, "parse error: ");
    CAPTURE(wanted.text);
    CHECK(ErrorOf(wanted.text) == error);
  }
}

TEST_SUITE("query/promql/parser_error") {
  TEST_CASE("an empty query has no position") {
    CHECK(ErrorOf("") == "unknown position: parse error: no expression found in input");
  }

  TEST_CASE("characters and literals that the language does not have are named with their place") {
    CheckAll({
        {"# just a comment\n\n", "1:1: no expression found in input"},
        {".", "1:1: unexpected character: '.'"},
        {"foo $ bar", "1:5: unexpected character: '$'"},
        {"foo\n  + é", "2:5: unexpected character: 'é'"},
        {"2.5.", "1:1: bad number or duration syntax: \"2.5.\""},
        {"100..4", "1:1: bad number or duration syntax: \"100..\""},
        {"0deadbeef", "1:1: bad number or duration syntax: \"0de\""},
        {"1__0", "1:1: bad number or duration syntax: \"1__\""},
        {"1_", "1:1: bad number or duration syntax: \"1_\""},
        {"1e", "1:1: bad number or duration syntax: \"1e\""},
        {"1e400",
         "1:1: error parsing number: strconv.ParseFloat: parsing \"1e400\": value out of "
         "range"},
        {"1 !~ 1", "1:3: unexpected character after '!': '~'"},
        {"1 =~ 1", "1:3: unexpected character after '=': '~'"},
        {"\"abc", "1:1: unterminated quoted string"},
        {"'a\nb'", "1:1: unterminated quoted string"},
        {"`abc", "1:1: unterminated raw string"},
        {"\"\\.\"", "1:1: unknown escape sequence U+002E '.'"},
        {"\"\\xz0\"", "1:1: illegal character U+007A 'z' in escape sequence"},
        {"\"\\ud800\"", "1:1: escape sequence is an invalid Unicode code point"},
        {"\"\xff\"", "1:1: invalid UTF-8 rune"},
        {"\"\\", "1:1: escape sequence not terminated"},
        {"foo[5m1h]", "1:5: not a valid duration string: \"5m1h\""},
        {"foo[5m1m]", "1:5: not a valid duration string: \"5m1m\""},
        {"foo[1.5h]", "1:5: unknown unit \".\" in duration \"1.5h\""},
        {"foo[5mm]", "1:5: bad number or duration syntax: \"5mm\""},
        {"foo[1hs]", "1:5: unknown unit \"hs\" in duration \"1hs\""},
        {"foo[300y]", "1:5: duration out of range"},
    });
  }

  TEST_CASE("a number stops where Prometheus stops, in a hexadecimal one at an exponent, too") {
    CheckAll({
        {"0x1e", "1:1: bad number or duration syntax: \"0x1e\""},
        {"-0X1E", "1:2: bad number or duration syntax: \"0X1E\""},
        {"0x1ee", "1:1: bad number or duration syntax: \"0x1ee\""},
        {"0x1e_3", "1:1: bad number or duration syntax: \"0x1e_\""},
        {"0x1e-3",
         "1:1: error parsing number: strconv.ParseFloat: parsing \"0x1e-3\": invalid syntax"},
        {".5.5", "1:1: error parsing number: strconv.ParseFloat: parsing \".5.5\": invalid syntax"},
        {"foo[-1m [+ 6m]", "1:9: unexpected left bracket '['"},
        {"foo[-1m]", "1:5: duration must be greater than 0"},
        {"1.5.5", "1:1: bad number or duration syntax: \"1.5.\""},
    });
  }

  TEST_CASE("a token in the wrong place is called unexpected") {
    CheckAll({
        {"1+", "1:3: unexpected end of input"},
        {"1 /", "1:4: unexpected end of input"},
        {"*1", "1:1: unexpected <op:*>"},
        {"@@", "1:1: unexpected <op:@>"},
        {"(1))", "1:5: unexpected right parenthesis ')'"},
        {"((1)", "1:5: unclosed left parenthesis"},
        {"(", "1:2: unclosed left parenthesis"},
        {"()", "1:2: unexpected \")\""},
        {"foo bar", "1:5: unexpected identifier \"bar\""},
        {"foo a:b", "1:5: unexpected metric identifier \"a:b\""},
        {"foo \"abcdefghijklmn\"", "1:5: unexpected string \"\\\"abcdefghi\"..."},
        {"foo 5m", "1:5: unexpected duration \"5m\""},
        {"foo 12", "1:5: unexpected number \"12\""},
        {"foo = bar", "1:5: unexpected \"=\""},
        {"foo sum", "1:5: unexpected <aggr:sum>"},
        {"foo start", "1:5: unexpected \"start\""},
        {"bool", "1:1: unexpected <bool>"},
        {"on", "1:1: unexpected <on>"},
        {"atan2", "1:1: unexpected <op:atan2>"},
        {"by(foo)", "1:3: unexpected \"(\""},
        {"a - on(b) ignoring(c) d", "1:11: unexpected <ignoring>"},
        {"foo + group_left(baz) bar", "1:7: unexpected <group_left>"},
        {"foo }", "1:5: unexpected character: '}'"},
        {"foo]", "1:4: unexpected right bracket ']'"},
        {"rate(foo[5m] bar)", "1:14: unexpected identifier \"bar\""},
        {"rate(,)", "1:6: unexpected \",\""},
        {"rate(foo[5m],)", "1:13: trailing commas not allowed in function call args"},
        {"a + fill(x) b", "1:10: unexpected identifier \"x\""},
        {"a + fill(1) fill_left(2) b", "1:13: unexpected <fill_left>"},
    });
  }

  TEST_CASE("inside an aggregation the message says so, and groupings name what they want") {
    CheckAll({
        {"sum(foo bar)", "1:9: unexpected identifier \"bar\" in aggregation"},
        {"sum(rate(foo[5m] bar))", "1:18: unexpected identifier \"bar\" in aggregation"},
        {"sum by (test)", "1:14: unexpected end of input in aggregation"},
        {"sum some_metric by (test)", "1:5: unexpected identifier \"some_metric\""},
        {"min keep_common (some_metric)", "1:5: unexpected identifier \"keep_common\""},
        {"MIN (some_metric) keep_common", "1:19: unexpected identifier \"keep_common\""},
        {"sum (some_metric) without (test) by (test)", "1:34: unexpected <by>"},
        {"sum without(test)(some_metric) by (test)", "1:32: unexpected <by>"},
        {"sum()", "1:1: no arguments for aggregate expression provided"},
        {"topk(some_metric)",
         "1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
        {"sum(a, b)",
         "1:1: wrong number of arguments for aggregate expression provided, expected 1, got 2"},
        {"topk(some_metric,)", "1:17: trailing commas not allowed in function call args"},
        {"sum by 5 (foo)", "1:8: unexpected number \"5\" in grouping opts, expected \"(\""},
        {"sum by (5) (foo)", "1:9: unexpected number \"5\" in grouping opts, expected label"},
        {"sum by (,) (foo)", "1:9: unexpected \",\" in grouping opts, expected label"},
        {"sum by (a b) (foo)",
         "1:11: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""},
        {"sum by (\"\") (foo)", "1:9: invalid label name for grouping: \"\""},
        {"sum by (\"\\xff\") (foo)", "1:9: invalid label name for grouping: \"\\xff\""},
        {"a + on b", "1:8: unexpected identifier \"b\" in grouping opts, expected \"(\""},
    });
  }

  TEST_CASE("selectors and their modifiers name what they want") {
    CheckAll({
        {"{", "1:2: unexpected end of input inside braces"},
        {"some{{", "1:6: unexpected left brace '{'"},
        {"some_metric{a=b}",
         "1:15: unexpected identifier \"b\" in label matching, expected string"},
        {"some_metric{a:b=\"b\"}", "1:14: unexpected character inside braces: ':'"},
        {"foo{a*\"b\"}", "1:6: unexpected character inside braces: '*'"},
        {"foo{a!\"b\"}", "1:6: unexpected character after '!' inside braces: '\"'"},
        {"foo{gibberish}",
         "1:14: unexpected \"}\" in label matching, expected label matching operator"},
        {"foo{a=\"b\" c}",
         "1:11: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""},
        {"foo{,}", "1:5: unexpected \",\" in label matching, expected identifier or \"}\""},
        {"{'up' == 1}", "1:8: unexpected \"=\" in label matching, expected string"},
        {"foo{a=~\"(\"}", "1:5: error parsing regexp: missing closing ): `(`"},
        {"foo{a=~\"(.*\"}", "1:5: error parsing regexp: missing closing ): `(.*`"},
        {"foo{a!~\"a)b\"}", "1:5: error parsing regexp: unexpected ): `a)b`"},
        {"foo{a!~\"a)(b\"}", "1:5: error parsing regexp: unexpected ): `a)(b`"},
        {"foo{a=~\"a**\"}", "1:5: error parsing regexp: invalid nested repetition operator: `**`"},
        {"foo[]",
         "1:5: unexpected \"]\" in subquery or range selector, expected number, duration, step(), "
         "or range()"},
        {"foo[", "1:5: unexpected end of input in duration expression"},
        {"foo[5m", "1:7: unclosed left bracket"},
        {"foo[\"5m\"]", "1:5: unexpected character in duration expression: '\"'"},
        {"foo[x]", "1:5: unexpected character in duration expression: 'x'"},
        {"foo[5m x]", "1:8: unexpected character: 'x', expected ':'"},
        {"foo[5m 6m]",
         "1:8: unexpected duration \"6m\" in subquery or range, expected \":\" or \"]\""},
        {"foo[5m::]", "1:8: unexpected colon ':'"},
        {"foo[5m:6m 7m]", "1:11: unexpected duration \"7m\" in subquery selector, expected \"]\""},
        {"foo[5m:+]",
         "1:9: unexpected \"]\" in subquery selector, expected number, duration, step(), range(), "
         "or \"]\""},
        {"foo[0m]", "1:5: duration must be greater than 0"},
        {"foo[-1]", "1:5: duration must be greater than 0"},
        {"foo[NaN]", "1:5: unexpected character in duration expression: 'N'"},
        {"foo[5m/0]", "1:7: division by zero"},
        {"foo[5m%0]", "1:7: modulo by zero"},
        {"foo[1e18]", "1:5: duration out of range"},
        {"some_metric[5m] OFFSET 1mm", "1:24: bad number or duration syntax: \"1mm\""},
        {"some_metric[5m] OFFSET",
         "1:23: unexpected end of input in offset, expected number, duration, step(), or range()"},
        {"some_metric OFFSET 1m[5m]", "1:22: no offset modifiers allowed before range"},
        {"some_metric @ 1234 [5m]", "1:20: no @ modifiers allowed before range"},
        {"some_metric[5m] @", "1:18: unexpected end of input in @, expected timestamp"},
        {"foo @ start", "1:12: unexpected end of input in @, expected timestamp"},
        {"foo @ +Inf", "1:1: timestamp out of bounds for @ modifier: +Inf"},
        {"foo @ NaN", "1:1: timestamp out of bounds for @ modifier: NaN"},
        {"foo @ 5 @ 6", "1:1: @ <timestamp> may not be set multiple times"},
        {"foo offset 1s offset 2s", "1:1: offset may not be set multiple times"},
        {"1 offset 1d",
         "1:1: offset modifier must be preceded by an instant vector selector or range vector "
         "selector or a subquery"},
        {"rate(some_metric[5m]) @ 1234",
         "1:1: @ modifier must be preceded by an instant vector selector or range vector selector "
         "or a subquery"},
        {"(foo + bar)[5m]", "1:12: ranges only allowed for vector selectors"},
        {"foo anchored smoothed", "1:1: anchored and smoothed modifiers cannot be used together"},
        {"foo[5m:] anchored", "1:1: anchored modifier is not supported for subqueries"},
        {"1 smoothed", "1:1: smoothed modifier not implemented"},
    });
  }

  TEST_CASE("types of operands are checked") {
    CheckAll({
        {"1 and 1", "1:1: set operator \"and\" not allowed in binary scalar expression"},
        {"1 or foo", "1:1: set operator \"or\" not allowed in binary scalar expression"},
        {"foo unless 1", "1:1: set operator \"unless\" not allowed in binary scalar expression"},
        {"1 == 1", "1:3: comparisons between scalars must use BOOL modifier"},
        {"foo + bool bar", "1:5: bool modifier can only be used on comparison operators"},
        {"foo + bool 10", "1:5: bool modifier can only be used on comparison operators"},
        {"1 or on(bar) foo", "1:1: vector matching only allowed between instant vectors"},
        {"foo == on(bar) 10", "1:1: vector matching only allowed between instant vectors"},
        {"foo + fill(0) 1", "1:1: filling in missing series only allowed between instant vectors"},
        {"foo or fill(0) bar", "1:1: filling in missing series not allowed for set operators"},
        {"foo and on(bar) group_left(baz) bar", "1:1: no grouping allowed for \"and\" operation"},
        {"a + on(x) group_left(y, x) b",
         "1:3: label \"x\" must not occur in ON and GROUP clause at once"},
        {"foo + \"bar\"",
         "1:7: binary expression must contain only scalar and instant vector types"},
        {"foo[5m] + 1", "1:1: binary expression must contain only scalar and instant vector types"},
        {"-\"string\"",
         "1:1: unary expression only allowed on expressions of type scalar or instant vector, got "
         "\"string\""},
        {"-test[5m]",
         "1:1: unary expression only allowed on expressions of type scalar or instant vector, got "
         "\"range vector\""},
        {"(\"a\")[5m:]", "1:1: subquery is only allowed on instant vector, got string instead"},
        {"foo[5m][5m:]", "1:1: subquery is only allowed on instant vector, got matrix instead"},
        {"{}", "1:1: vector selector must contain at least one non-empty matcher"},
        {"{x=\"\"}", "1:1: vector selector must contain at least one non-empty matcher"},
        {"{x=~\".*\"}", "1:1: vector selector must contain at least one non-empty matcher"},
        {"{x!~\".+\"}", "1:1: vector selector must contain at least one non-empty matcher"},
        {"foo{__name__=\"bar\"}", "1:1: metric name must not be set twice: \"foo\" or \"bar\""},
        {"foo{\"bar\"}", "1:1: metric name must not be set twice: \"foo\" or \"bar\""},
    });
  }

  TEST_CASE("calls are checked against the signatures") {
    CheckAll({
        {"non_existent_function_far_bar()",
         "1:1: unknown function with name \"non_existent_function_far_bar\""},
        {"RATE(foo[5m])", "1:1: unknown function with name \"RATE\""},
        {"floor()", "1:1: expected 1 argument(s) in call to \"floor\", got 0"},
        {"floor(a, b)", "1:1: expected 1 argument(s) in call to \"floor\", got 2"},
        {"floor(1)", "1:7: expected type instant vector in call to function \"floor\", got scalar"},
        {"hour(a, b, c)", "1:1: expected at most 1 argument(s) in call to \"hour\", got 3"},
        {"round(a, 1, 2)", "1:1: expected at most 2 argument(s) in call to \"round\", got 3"},
        {"label_join(a, \"b\")",
         "1:1: expected at least 3 argument(s) in call to \"label_join\", got 2"},
        {"time(some_metric)", "1:1: expected 0 argument(s) in call to \"time\", got 1"},
        {"rate(some_metric)",
         "1:6: expected type range vector in call to function \"rate\", got instant vector"},
        {"label_replace(a, `b`, `c\xc3\xbf`, `d`, 5)",
         "1:35: expected type string in call to function \"label_replace\", got scalar"},
        {"sum(foo[5m])",
         "1:5: expected type instant vector in aggregation expression, got range "
         "vector"},
        {"topk(some_metric, other)",
         "1:6: expected type scalar in aggregation parameter, got instant vector"},
        {"count_values(5, other)",
         "1:14: expected type string in aggregation parameter, got scalar"},
        {"info(a, b)", "1:9: expected label selectors only, got vector selector instead"},
        {"info(a, 5)",
         "1:1: expected type instant vector in call to function \"info\", got scalar"},
        {"info(a, rate(b[5m]))", "1:9: expected label selectors only"},
    });
  }

  TEST_CASE("nesting and chains beyond the limits are refused without running out of stack") {
    const std::string deep(100'000, '(');
    CHECK(ErrorOf(deep) ==
          "1:129: parse error: cannot parse expression: nested more than 128 levels deep");
    std::string within = "1";
    for (int i = 0; i < 128; ++i) within = "(1 + 2 * " + within + ")";
    CHECK(ErrorOf(within) == "none");
    const std::string signs(100'000, '-');
    CHECK(ErrorOf(signs + "1").find("nested more than") != std::string::npos);
    std::string powers = "1";
    std::string chain = "a";
    std::string brackets = "a";
    for (int i = 0; i < 100'000; ++i) {
      powers += "^1";
      chain += "+a";
      brackets += "[1m:]";
    }
    CHECK(ErrorOf(powers).find("nested more than") != std::string::npos);
    CHECK(ErrorOf(chain).find("more than 1024 operations") != std::string::npos);
    CHECK(ErrorOf("a[" + std::string(100'000, '(')).find("nested more than") != std::string::npos);
    CHECK(ErrorOf(brackets) != "none");
    CHECK(ErrorOf(std::string((1 << 20) + 1, ' ')).find("want at most 1048576") !=
          std::string::npos);
  }

  TEST_CASE("a selector for match[] takes neither range nor offset nor operators") {
    CHECK(ParseSelector("up{job=\"a\"}").value().size() == 2);
    CHECK(ParseSelector("{}").value().empty());
    CHECK(ParseSelector("up[5m]").status().message() == "1:3: parse error: unexpected \"[\"");
    CHECK(ParseSelector("up offset 5m").status().message() ==
          "1:4: parse error: unexpected <offset>");
    CHECK(ParseSelector("").status().message() ==
          "unknown position: parse error: unexpected end of input");
    CHECK(ParseSelector("5").status().message() == "1:1: parse error: unexpected number \"5\"");
  }
}

}  // namespace
}  // namespace varve::query
