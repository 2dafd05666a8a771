#include "query/engine/binary_operation.h"

#include <doctest/doctest.h>

#include <cmath>

namespace varve::query {
namespace {

// NaN stands for a step where the series is absent.
StepSeries Series(const storage::LabelSet& labels, const std::vector<double>& values) {
  StepSeries series(labels, values.size());
  for (size_t s = 0; s < values.size(); ++s) {
    if (!std::isnan(values[s])) series.Set(s, values[s]);
  }
  return series;
}

const double kNone = std::nan("");

absl::StatusOr<StepVector> Apply(const BinaryOperation& operation, StepVector left,
                                 StepVector right) {
  QueryContext context(QueryLimits(), nullptr, nullptr);
  const size_t steps = left.empty() ? right[0].values.size() : left[0].values.size();
  return VectorVector(operation, std::move(left), std::move(right), steps, &context);
}

TEST_SUITE("query/engine/binary_operation") {
  TEST_CASE("the one side may be another series at another step") {
    BinaryOperation operation;
    operation.matching.on = true;
    operation.matching.labels = {"a"};
    const auto result = Apply(operation, {Series({{"a", "1"}}, {1, 2, 3})},
                              {Series({{"a", "1"}, {"b", "x"}}, {10, kNone, kNone}),
                               Series({{"a", "1"}, {"b", "y"}}, {kNone, 20, kNone})});
    REQUIRE(result.ok());
    REQUIRE(result->size() == 1);
    CHECK((*result)[0].present == std::vector<uint8_t>{1, 1, 0});
    CHECK((*result)[0].values[0] == 11);
    CHECK((*result)[0].values[1] == 22);
  }

  TEST_CASE("two series of one match group at the same step are an error that names both") {
    BinaryOperation operation;
    operation.matching.on = true;
    operation.matching.labels = {"a"};
    const auto result = Apply(operation, {Series({{"a", "1"}}, {1, 2})},
                              {Series({{"a", "1"}, {"b", "x"}}, {10, kNone}),
                               Series({{"a", "1"}, {"b", "y"}}, {20, 20})});
    CHECK(absl::IsFailedPrecondition(result.status()));
    CHECK(result.status().message() ==
          "found duplicate series for the match group {a=\"1\"} on the right hand-side of the "
          "operation: [{a=\"1\", b=\"x\"}, {a=\"1\", b=\"y\"}];many-to-many matching not allowed: "
          "matching labels must be unique on one side");
  }

  TEST_CASE("a step where the other side has nothing is not looked at") {
    BinaryOperation operation;
    operation.matching.on = true;
    operation.matching.labels = {"a"};
    const auto result = Apply(operation, {Series({{"a", "1"}}, {kNone, 2})},
                              {Series({{"a", "1"}, {"b", "x"}}, {10, kNone}),
                               Series({{"a", "1"}, {"b", "y"}}, {20, 20})});
    REQUIRE(result.ok());
    CHECK((*result)[0].present == std::vector<uint8_t>{0, 1});
  }

  TEST_CASE("results that grouping labels do not tell apart are an error") {
    BinaryOperation operation;
    operation.matching.on = true;
    operation.matching.labels = {"a"};
    operation.matching.cardinality = MatchCardinality::kManyToOne;
    operation.matching.include = {"b"};
    const auto result = Apply(
        operation, {Series({{"a", "1"}, {"b", "x"}}, {1}), Series({{"a", "1"}, {"b", "y"}}, {2})},
        {Series({{"a", "1"}, {"b", "z"}}, {10})});
    CHECK(result.status().message() ==
          "multiple matches for labels: grouping labels must ensure unique matches");
  }

  TEST_CASE("a comparison from a scalar keeps the vector's value") {
    QueryContext context(QueryLimits(), nullptr, nullptr);
    BinaryOperation operation;
    operation.op = BinaryOperator::kLess;
    const auto result =
        VectorScalar(operation, {Series({{"__name__", "m"}}, {5, 15})}, {10, 10}, true, &context);
    REQUIRE(result.ok());
    CHECK((*result)[0].present == std::vector<uint8_t>{0, 1});
    CHECK((*result)[0].values[1] == 15);
    CHECK((*result)[0].labels.metric_name() == "m");
  }

  TEST_CASE("scalars follow the rules of doubles") {
    CHECK(ApplyScalar(BinaryOperator::kMod, -5, 3) == -2);
    CHECK(ApplyScalar(BinaryOperator::kPow, 2, 10) == 1024);
    CHECK(std::isinf(ApplyScalar(BinaryOperator::kDiv, 1, 0)));
    CHECK(std::isnan(ApplyScalar(BinaryOperator::kDiv, 0, 0)));
    CHECK(ApplyScalar(BinaryOperator::kEqual, kNone, kNone) == 0);
    CHECK(ApplyScalar(BinaryOperator::kNotEqual, kNone, kNone) == 1);
  }
}

}  // namespace
}  // namespace varve::query
