#include "query/engine/histogram_sum.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "query/engine/histogram_reset.h"
#include "query/engine/histogram_text.h"
#include "tests/query/engine/observed_histogram.h"

namespace varve::query {
namespace {

using storage::CounterResetHint;
using storage::Histogram;

constexpr uint32_t kSeed = 20260811;

std::vector<double> Joined(std::vector<double> a, const std::vector<double>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Histogram WithHint(CounterResetHint hint) {
  Histogram histogram;
  histogram.reset_hint = hint;
  return histogram;
}

TEST_SUITE("query/engine/histogram_sum") {
  TEST_CASE("a sum is the histogram of all observations") {
    std::mt19937 random(kSeed);
    INFO("seed " << kSeed);
    for (int round = 0; round < 3000; ++round) {
      CAPTURE(round);
      const HistogramLayout layout_a = RandomLayout(&random);
      const HistogramLayout layout_b = RandomLayout(&random);
      const std::vector<double> seen_a = RandomObservations(round % 40, &random);
      const std::vector<double> seen_b = RandomObservations(round % 17, &random);
      const Histogram b = Observe(seen_b, layout_b);
      for (const bool compensated : {false, true}) {
        HistogramSum sum(Observe(seen_a, layout_a), compensated);
        const HistogramSum::Outcome outcome = sum.Add(b);
        CHECK_FALSE((outcome.incompatible || outcome.reconciled || outcome.conflicting));
        const Histogram found = sum.Value();
        CHECK(found.schema == std::min(layout_a.schema, layout_b.schema));
        CHECK(found.zero_threshold >= std::max(layout_a.zero_threshold, layout_b.zero_threshold));
        const Histogram want =
            Observe(Joined(seen_a, seen_b), {found.schema, found.zero_threshold, {}});
        CHECK_MESSAGE(SameBuckets(found, want), HistogramText(found)
                                                    << " want " << HistogramText(want));
        CHECK(found.sum == doctest::Approx(want.sum));
        // Taking it away again leaves what was there, in the coarser layout.
        sum.Add(b, -1);
        sum.DropEmptyBuckets();
        CHECK(SameBuckets(sum.Value(), Observe(seen_a, {found.schema, found.zero_threshold, {}})));
      }
    }
  }

  TEST_CASE("custom buckets add up between the bounds that both have") {
    std::mt19937 random(kSeed);
    INFO("seed " << kSeed);
    for (int round = 0; round < 1000; ++round) {
      CAPTURE(round);
      const HistogramLayout layout_a = RandomCustomLayout(&random);
      const HistogramLayout layout_b = RandomCustomLayout(&random);
      const std::vector<double> seen_a = RandomObservations(round % 40, &random);
      const std::vector<double> seen_b = RandomObservations(round % 17, &random);
      HistogramSum sum(Observe(seen_a, layout_a), round % 2 == 0);
      const HistogramSum::Outcome outcome = sum.Add(Observe(seen_b, layout_b));
      CHECK(outcome.reconciled == (layout_a.custom_values != layout_b.custom_values));
      const std::vector<double> bounds =
          SharedBounds(layout_a.custom_values, layout_b.custom_values);
      const Histogram found = sum.Value();
      CHECK(found.custom_values == bounds);
      const Histogram want =
          Observe(Joined(seen_a, seen_b), {storage::kCustomBucketsSchema, 0, bounds});
      CHECK_MESSAGE(SameBuckets(found, want), HistogramText(found)
                                                  << " want " << HistogramText(want));
    }
  }

  TEST_CASE("exponential and custom buckets do not add up") {
    HistogramSum sum(Observe({1, 2}, {0, 0, {}}), false);
    CHECK(sum.Add(Observe({1}, {storage::kCustomBucketsSchema, 0, {5}})).incompatible);
    CHECK(sum.Value().count == 2);
  }

  TEST_CASE("a zero bucket that would end inside of a populated bucket grows to its end") {
    HistogramSum sum(Observe({3, -5, 0}, {0, 0, {}}), false);
    sum.Add(Observe({}, {0, 2.5, {}}));
    CHECK(sum.Value().zero_threshold == 4);
    CHECK(HistogramText(sum.Value()) == "{count:3, sum:-2, [-8,-4):1, [-4,4]:2}");
    sum.Add(Observe({}, {0, 5, {}}));  // grown on the negative side
    CHECK(HistogramText(sum.Value()) == "{count:3, sum:-2, [-8,8]:3}");
  }

  TEST_CASE("compensation keeps what great numbers would swallow") {
    Histogram great = Observe({1}, {0, 0, {}});
    great.sum = 1e100;
    great.count = 1e100;
    great.positive_counts = {1e100};
    Histogram lesser = great;
    lesser.sum = lesser.count = lesser.positive_counts[0] = -1e100;
    const Histogram one = Observe({1}, {2, 0, {}});
    HistogramSum sum(one, true);
    for (const Histogram& added : {great, one, lesser}) sum.Add(added);
    CHECK(HistogramText(sum.Value()) == "{count:2, sum:2, (0.5,1]:2}");
  }

  TEST_CASE("the mean goes on where the sum does not fit a double") {
    constexpr double kGreatest = std::numeric_limits<double>::max();
    Histogram great = Observe({1}, {0, 0, {}});
    great.count = kGreatest;
    HistogramMean mean;
    for (int i = 0; i < 4; ++i) mean.Add(great);
    CHECK(mean.Value().count == doctest::Approx(kGreatest).epsilon(1e-12));
    CHECK(mean.Value().sum == 1);
    HistogramMean small;
    small.Add(Observe({1, 1, 2}, {0, 0, {}}));
    small.Add(Observe({1, 4}, {1, 0, {}}));
    CHECK(HistogramText(small.Value()) ==
          "{count:2.5, sum:4.5, (0.5,1]:1.5, (1,2]:0.5, (2,4]:0.5}");
  }

  TEST_CASE("factors, divisors and what they make of a counter") {
    HistogramSum sum(Observe({1, -1, 0}, {0, 0.1, {}}), false);
    sum.Multiply(2);
    CHECK(sum.Value().reset_hint == CounterResetHint::kUnknown);
    CHECK(HistogramText(sum.Value()) == "{count:6, sum:0, [-1,-0.5):2, [-0.1,0.1]:2, (0.5,1]:2}");
    sum.Divide(-4);
    CHECK(sum.Value().reset_hint == CounterResetHint::kGauge);
    CHECK(sum.Value().count == -1.5);
    sum.Divide(0);
    CHECK(std::isinf(sum.Value().count));
    CHECK(sum.Value().positive_counts.empty());
    CHECK(sum.has_overflow());
  }

  TEST_CASE("hints of a sum") {
    using Hint = CounterResetHint;
    const auto add = [](Hint a, Hint b, bool* conflicting) {
      HistogramSum sum(WithHint(a), false);
      *conflicting = sum.Add(WithHint(b)).conflicting;
      return sum.Value().reset_hint;
    };
    bool conflicting = false;
    for (const Hint hint : {Hint::kUnknown, Hint::kReset, Hint::kNotReset, Hint::kGauge}) {
      CHECK(add(hint, hint, &conflicting) == hint);
      CHECK(add(hint, Hint::kGauge, &conflicting) == Hint::kGauge);
      CHECK(add(Hint::kGauge, hint, &conflicting) == Hint::kGauge);
      CHECK_FALSE(conflicting);
    }
    CHECK(add(Hint::kUnknown, Hint::kNotReset, &conflicting) == Hint::kUnknown);
    CHECK(add(Hint::kReset, Hint::kUnknown, &conflicting) == Hint::kUnknown);
    CHECK_FALSE(conflicting);
    CHECK(add(Hint::kReset, Hint::kNotReset, &conflicting) == Hint::kUnknown);
    CHECK(conflicting);
  }
}

TEST_SUITE("query/engine/histogram_reset") {
  TEST_CASE("a counter that only grew was not reset, however its layout coarsens") {
    std::mt19937 random(kSeed);
    INFO("seed " << kSeed);
    for (int round = 0; round < 2000; ++round) {
      CAPTURE(round);
      HistogramLayout layout = RandomLayout(&random);
      const std::vector<double> before = RandomObservations(round % 30, &random);
      const std::vector<double> more = RandomObservations(round % 7, &random);
      const Histogram then = Observe(before, layout);
      if (round % 2 == 0) layout.schema -= 1;
      const Histogram now = Observe(Joined(before, more), layout);
      CHECK_FALSE(IsReset(then, now));
      // Without the last of what it had, it was; even if it has as many again.
      if (before.empty()) continue;
      std::vector<double> other = before;
      other.back() = 1000;
      other.resize(other.size() + 3, 1000);
      CHECK(IsReset(then, Observe(other, layout)));
    }
  }

  TEST_CASE("what cannot go on from the other") {
    const Histogram coarse = Observe({1, 2}, {0, 0.5, {}});
    CHECK(IsReset(coarse, Observe({1, 2}, {1, 0.5, {}})));   // finer
    CHECK(IsReset(coarse, Observe({1, 2}, {0, 0.25, {}})));  // a narrower zero bucket
    CHECK(IsReset(coarse, Observe({1, 2}, {0, 0.75, {}})));  // one that cuts (0.5, 1] in two
    CHECK_FALSE(IsReset(coarse, Observe({1, 2}, {0, 1, {}})));
    CHECK(IsReset(coarse, Observe({1, 2}, {storage::kCustomBucketsSchema, 0, {5}})));
    CHECK(IsReset(coarse, Observe({1}, {0, 0.5, {}})));
    Histogram hinted = Observe({}, {0, 0.5, {}});
    hinted.reset_hint = CounterResetHint::kNotReset;
    CHECK_FALSE(IsReset(coarse, hinted));
    hinted = Observe({1, 2, 3}, {0, 0.5, {}});
    hinted.reset_hint = CounterResetHint::kReset;
    CHECK(IsReset(coarse, hinted));
  }

  TEST_CASE("custom buckets are compared between the bounds that both have") {
    const int32_t custom = storage::kCustomBucketsSchema;
    const Histogram then = Observe({1, 3, 3, 7}, {custom, 0, {2, 4, 6}});
    CHECK_FALSE(IsReset(then, Observe({1, 3, 3, 7, 9}, {custom, 0, {2, 3, 4, 6}})));
    CHECK_FALSE(IsReset(then, Observe({1, 3, 3, 7}, {custom, 0, {}})));
    CHECK(IsReset(then, Observe({1, 3, 5, 7, 9}, {custom, 0, {2, 3, 4, 6}})));
  }

  TEST_CASE("the same histogram has the same buckets and bits") {
    const HistogramLayout layout{1, 0.1, {}};
    const Histogram a = Observe({1, 2, -3, 0}, layout);
    CHECK(EqualHistograms(a, a));
    Histogram b = OpenHistogram(a).Close();  // in other spans
    b.reset_hint = CounterResetHint::kGauge;
    CHECK(EqualHistograms(a, b));
    b.sum += 1;
    CHECK_FALSE(EqualHistograms(a, b));
    Histogram more = Observe({1, 2, -3, 0}, layout);
    more.positive_spans.push_back({3, 1});
    more.positive_counts.push_back(0);
    CHECK_FALSE(EqualHistograms(a, more));
    Histogram nan = a;
    nan.sum = std::nan("");
    CHECK(EqualHistograms(nan, Histogram(nan)));
    const HistogramLayout custom{storage::kCustomBucketsSchema, 0, {1, 2}};
    CHECK(EqualHistograms(Observe({1}, custom), Observe({1}, custom)));
    CHECK_FALSE(EqualHistograms(Observe({1}, custom),
                                Observe({1}, {storage::kCustomBucketsSchema, 0, {1, 3}})));
  }
}

}  // namespace
}  // namespace varve::query
