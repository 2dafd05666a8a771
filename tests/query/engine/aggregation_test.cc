#include "query/engine/aggregation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>

#include "query/engine/aggregation_internal.h"
#include "query/engine/worker_pool.h"

namespace varve::query {
namespace {

StepSeries Series(const storage::LabelSet& labels, const std::vector<double>& values) {
  StepSeries series(labels, values.size());
  for (size_t s = 0; s < values.size(); ++s) series.Set(s, values[s]);
  return series;
}

// Some steps of some series are missing.
StepVector RandomVector(std::mt19937_64* random, size_t steps) {
  StepVector vector;
  const size_t count = 1 + (*random)() % 40;
  for (size_t i = 0; i < count; ++i) {
    StepSeries series(storage::LabelSet({{"__name__", "m"},
                                         {"group", std::to_string((*random)() % 4)},
                                         {"id", std::to_string(i)}}),
                      steps);
    for (size_t s = 0; s < steps; ++s) {
      if ((*random)() % 4 == 0) continue;
      series.Set(s,
                 (*random)() % 9 == 0 ? std::nan("") : static_cast<double>((*random)() % 5) - 1.25);
    }
    vector.push_back(std::move(series));
  }
  return vector;
}

// The steps [step, step + 1) of a vector, without what is absent there.
StepVector At(const StepVector& vector, size_t step) {
  StepVector at;
  for (const StepSeries& series : vector) {
    if (series.present[step]) at.push_back(Series(series.labels, {series.values[step]}));
  }
  return at;
}

TEST_SUITE("query/engine/aggregation") {
  TEST_CASE("all steps at once answer what each step alone does") {
    const uint64_t seed = std::random_device()();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    WorkerPool pool(2);
    QueryContext context(QueryLimits(), &pool, nullptr);
    for (int op = 0; op <= static_cast<int>(AggregateOperator::kLimitRatio); ++op) {
      INFO("operator ", std::string(AggregateOperatorText(static_cast<AggregateOperator>(op))));
      const size_t steps = 50;
      const StepVector input = RandomVector(&random, steps);
      Aggregation aggregation;
      aggregation.op = static_cast<AggregateOperator>(op);
      aggregation.grouping.labels = {"group"};
      aggregation.label = "value";
      for (size_t s = 0; s < steps; ++s) {
        aggregation.parameter.push_back(aggregation.op == AggregateOperator::kTopk ||
                                                aggregation.op == AggregateOperator::kBottomk
                                            ? static_cast<double>(s % 4)
                                            : 0.5);
      }
      const auto whole = Aggregate(aggregation, input, steps, &context);
      REQUIRE(whole.ok());
      for (size_t s = 0; s < steps; ++s) {
        Aggregation single = aggregation;
        single.parameter = {aggregation.parameter[s]};
        const auto one = Aggregate(single, At(input, s), 1, &context);
        REQUIRE(one.ok());
        const StepVector want = At(*one, 0);
        const StepVector got = At(*whole, s);
        REQUIRE(got.size() == want.size());
        for (const StepSeries& series : want) {
          const auto found = std::find_if(got.begin(), got.end(), [&](const StepSeries& x) {
            return x.labels == series.labels;
          });
          REQUIRE(found != got.end());
          const double a = found->values[0];
          const double b = series.values[0];
          REQUIRE((a == b || (std::isnan(a) && std::isnan(b))));
        }
      }
    }
  }

  TEST_CASE("a mean whose sum overflows is still a mean") {
    QueryContext context(QueryLimits(), nullptr, nullptr);
    Aggregation aggregation;
    aggregation.op = AggregateOperator::kAvg;
    const StepVector input = {Series({{"a", "1"}}, {1e308}), Series({{"a", "2"}}, {1.5e308}),
                              Series({{"a", "3"}}, {0.5e308})};
    const auto result = Aggregate(aggregation, input, 1, &context);
    REQUIRE(result.ok());
    CHECK((*result)[0].values[0] == doctest::Approx(1e308));
  }

  TEST_CASE("a sum keeps what plain addition loses") {
    QueryContext context(QueryLimits(), nullptr, nullptr);
    const StepVector input = {Series({{"a", "1"}}, {1e100}), Series({{"a", "2"}}, {1}),
                              Series({{"a", "3"}}, {-1e100})};
    const auto result = Aggregate(Aggregation(), input, 1, &context);
    REQUIRE(result.ok());
    CHECK((*result)[0].values[0] == 1);
  }

  TEST_CASE("the offset of a label set is the reference's hash, the same for ever") {
    CHECK(aggregation_internal::SampleOffset(storage::LabelSet()) ==
          doctest::Approx(0.93750).epsilon(0.01));  // XXH64 of nothing: 0xef46db3751d8e999
    const storage::LabelSet labels({{"__name__", "m"}, {"a", std::string(300, 'x')}});
    const double offset = aggregation_internal::SampleOffset(labels);
    CHECK((offset >= 0 && offset < 1));
  }
}

}  // namespace
}  // namespace varve::query
