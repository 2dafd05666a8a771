#include <doctest/doctest.h>

#include "query/promql/duration_expr.h"
#include "query/promql/parser.h"

namespace varve::query {
namespace {

// The range of `foo[text]` for a query of 10 s steps over 60 s, in milliseconds.
absl::StatusOr<int64_t> RangeOf(const std::string& text) {
  auto expr = ParseExpression("foo[" + text + "]");
  REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
  absl::Status status = ResolveDurations({10'000, 60'000}, expr->get());
  if (!status.ok()) return status;
  return As<MatrixSelector>(**expr).range.ms;
}

absl::StatusOr<int64_t> OffsetOf(const std::string& text) {
  auto expr = ParseExpression("foo offset " + text);
  REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
  absl::Status status = ResolveDurations({10'000, 60'000}, expr->get());
  if (!status.ok()) return status;
  return As<VectorSelector>(**expr).time.offset.ms;
}

TEST_SUITE("query/promql/duration_expr") {
  TEST_CASE("a range is arithmetic over numbers, durations and the query's step and range") {
    CHECK(*RangeOf("300") == 300'000);
    CHECK(*RangeOf("26m+4m") == 1'800'000);
    CHECK(*RangeOf("-5m+35m") == 1'800'000);
    CHECK(*RangeOf("2m*(10+5)") == 1'800'000);
    CHECK(*RangeOf("1h30m % 1h") == 1'800'000);
    CHECK(*RangeOf("30m1s-30m1s % 1m") == 1'800'000);
    CHECK(*RangeOf("2 ^ 3 ^ 2") == 512'000);
    CHECK(*RangeOf("-2 ^ 2 + 10") == 6'000);
    CHECK(*RangeOf("step()") == 10'000);
    CHECK(*RangeOf("1+(STep()-5)*2") == 11'000);
    CHECK(*RangeOf("range() / 2") == 30'000);
    CHECK(*RangeOf("max_of(min_of(step()+1,1h),1ms)") == 11'000);
    CHECK(*RangeOf("((max_of(min_of((step()+1),((1h))),1ms)))") == 11'000);
    CHECK(*RangeOf("1.0015") == 1'001);
    CHECK(*RangeOf("(5m)") == 300'000);
  }

  TEST_CASE("an offset may be negative and takes arithmetic only in parentheses") {
    CHECK(*OffsetOf("(2 ^ 2)") == 4'000);
    CHECK(*OffsetOf("(-2 ^ 2)") == -4'000);
    CHECK(*OffsetOf("-(20*(((((8 - 2) / 3) * 7s) % 4) + 8000ms))") == -200'000);
    CHECK(*OffsetOf("-step()") == -10'000);
    CHECK(*OffsetOf("+min_of(step(), 1s)") == 1'000);
    CHECK(*OffsetOf("(-step()*2)") == -20'000);
    CHECK(*OffsetOf("-(5m)") == -300'000);
    CHECK(ParseExpression("foo offset step()*0").value()->kind == ExprKind::kBinary);
  }

  TEST_CASE("a subquery's parts are resolved, also deep inside an expression") {
    auto expr = ParseExpression(
        "sum(-(1 + max_over_time(rate(foo[step()])[range():step()/2] offset (step() * 2))))");
    REQUIRE_MESSAGE(expr.ok(), expr.status().ToString());
    REQUIRE(ResolveDurations({10'000, 60'000}, expr->get()).ok());
    const Expr& unary = *As<AggregateExpr>(**expr).expr;
    const Expr& sum = StripParens(*As<UnaryExpr>(unary).expr);
    const auto& subquery = As<SubqueryExpr>(*As<Call>(*As<BinaryExpr>(sum).right).arguments[0]);
    CHECK(subquery.range.ms == 60'000);
    CHECK(subquery.step.ms == 5'000);
    CHECK(subquery.time.offset.ms == 20'000);
    const auto& matrix = As<MatrixSelector>(*As<Call>(*subquery.expr).arguments[0]);
    CHECK(matrix.range.ms == 10'000);
  }

  TEST_CASE("what a query makes of an expression must be a duration") {
    CHECK(RangeOf("step()-10").status().message() == "4:13: duration must be greater than 0");
    CHECK(RangeOf("1/(step()-10)").status().message() == "4:16: division by zero");
    CHECK(RangeOf("1%(step()-10)").status().message() == "4:16: modulo by zero");
    CHECK(RangeOf("step()^400").status().message() == "4:14: duration is out of range");
    CHECK(RangeOf("(-step())^0.5").status().message() == "5:17: duration is out of range");
  }
}

}  // namespace
}  // namespace varve::query
