#include "query/engine/histogram_statistics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/engine/histogram_text.h"
#include "query/engine/histogram_trim.h"
#include "tests/query/engine/observed_histogram.h"

namespace varve::query {
namespace {

using storage::Histogram;

constexpr uint32_t kSeed = 20260812;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int32_t kCustom = storage::kCustomBucketsSchema;

double Quantile(double share, const Histogram& histogram) {
  NanEffect effect = NanEffect::kNone;
  return HistogramQuantile(share, histogram, &effect);
}

double Fraction(double lower, double upper, const Histogram& histogram) {
  NanEffect effect = NanEffect::kNone;
  return HistogramFraction(lower, upper, histogram, &effect);
}

TEST_SUITE("query/engine/histogram_statistics") {
  TEST_CASE("a fraction is rounded as Prometheus rounds it") {
    Histogram histogram;
    histogram.schema = kCustom;
    histogram.custom_values = {0.1};
    histogram.positive_spans = {{0, 2}};
    histogram.positive_counts = {6548, 25520};
    histogram.count = 32068;
    histogram.sum = 35602;
    CHECK(Fraction(0, 0.001, histogram) == 0.0020419109392540847);
  }

  TEST_CASE("quantiles lie between the bounds of the bucket that the observation is in") {
    std::mt19937 random(kSeed);
    INFO("seed " << kSeed);
    for (int round = 0; round < 2000; ++round) {
      CAPTURE(round);
      std::vector<double> seen = RandomObservations(1 + round % 50, &random);
      HistogramLayout layout = RandomLayout(&random);
      const Histogram histogram = Observe(seen, layout);
      std::sort(seen.begin(), seen.end());
      for (size_t i = 0; i < seen.size(); i += 3) {
        // In the middle of an observation's share, where no rounding takes the next one.
        const double exact = seen[i];
        const double share = (static_cast<double>(i) + 0.5) / static_cast<double>(seen.size());
        const double found = Quantile(share, histogram);
        if (std::abs(exact) <= layout.zero_threshold) {
          CHECK(std::abs(found) <= layout.zero_threshold);
        } else {
          // Within one bucket: a factor of the base.
          const double base = std::exp2(std::exp2(-layout.schema)) * (1 + 1e-9);
          CHECK(found / exact <= base);
          CHECK(exact / found <= base);
        }
        // And back; a zero bucket without a width has no inside.
        if (exact == 0 && layout.zero_threshold == 0) continue;
        CHECK(Fraction(-kInfinity, found, histogram) == doctest::Approx(share).epsilon(1e-6));
      }
    }
  }

  TEST_CASE("interpolation is exponential, and even in the zero bucket and custom buckets") {
    const Histogram two = Observe({3, 3, 3, 3}, {0, 0, {}});
    CHECK(Quantile(0.5, two) == doctest::Approx(std::sqrt(8.0)));
    CHECK(Quantile(0, two) == 2);
    CHECK(Quantile(1, two) == 4);
    CHECK(Quantile(0.5, Observe({-3, -3}, {0, 0, {}})) == doctest::Approx(-std::sqrt(8.0)));
    CHECK(Quantile(0.75, Observe({0, 0}, {0, 1, {}})) == 0.5);
    CHECK(Quantile(0.25, Observe({0, 0, 3, 3}, {0, 1, {}})) == 0.5);     // from zero up
    CHECK(Quantile(0.75, Observe({0, 0, -3, -3}, {0, 1, {}})) == -0.5);  // up to zero
    CHECK(Quantile(0.25, Observe({7, 7}, {kCustom, 0, {5, 10}})) == 6.25);
    CHECK(Quantile(0.5, Observe({1, 2}, {kCustom, 0, {5, 10}})) == 2.5);
    CHECK(Quantile(0.5, Observe({-9}, {kCustom, 0, {-5, 10}})) == -5);
    CHECK(Quantile(0.5, Observe({20}, {kCustom, 0, {5, 10}})) == 10);
  }

  TEST_CASE("shares out of range and histograms of nothing") {
    const Histogram one = Observe({3}, {0, 0, {}});
    CHECK(Quantile(-0.1, one) == -kInfinity);
    CHECK(Quantile(1.1, one) == kInfinity);
    CHECK(std::isnan(Quantile(std::nan(""), one)));
    CHECK(std::isnan(Quantile(0.5, Histogram())));
    CHECK(std::isnan(Fraction(0, 1, Histogram())));
    CHECK(std::isnan(Fraction(0, std::nan(""), one)));
    CHECK(Fraction(3, 3, one) == 0);
    CHECK(Fraction(-kInfinity, kInfinity, one) == 1);
  }

  TEST_CASE("observations of NaN are above all others") {
    Histogram some = Observe({3, 3, 3}, {0, 0, {}});
    some.count = 4;
    some.sum = std::nan("");
    NanEffect effect = NanEffect::kNone;
    CHECK(HistogramQuantile(0.75, some, &effect) == 4);
    CHECK(effect == NanEffect::kSkewedHigher);
    CHECK(std::isnan(HistogramQuantile(0.76, some, &effect)));
    CHECK(effect == NanEffect::kResultIsNan);
    CHECK(HistogramFraction(-kInfinity, kInfinity, some, &effect) == 0.75);
    CHECK(effect == NanEffect::kExcluded);
  }

  TEST_CASE("mean and variance") {
    const Histogram histogram = Observe({3, 3, -3, 0}, {0, 0.5, {}});
    CHECK(HistogramAverage(histogram) == 0.75);
    const double middle = std::sqrt(8.0);
    const double want = (2 * (middle - 0.75) * (middle - 0.75) +
                         (-middle - 0.75) * (-middle - 0.75) + 0.75 * 0.75) /
                        4;
    CHECK(HistogramVariance(histogram) == doctest::Approx(want));
    CHECK(HistogramVariance(Observe({6, 9}, {kCustom, 0, {5, 10}})) == 0);
    CHECK(std::isnan(HistogramVariance(Histogram())));
  }
}

TEST_SUITE("query/engine/histogram_trim") {
  TEST_CASE("the two sides of an edge make the whole, and agree with the fraction") {
    std::mt19937 random(kSeed);
    INFO("seed " << kSeed);
    for (int round = 0; round < 2000; ++round) {
      CAPTURE(round);
      HistogramLayout layout = RandomLayout(&random);
      // A bound of all schemas: the fraction ends buckets at the zero bucket, trimming does not.
      if (layout.zero_threshold > 0) layout.zero_threshold = 0.0625;
      const Histogram histogram = Observe(RandomObservations(1 + round % 40, &random), layout);
      for (const double edge : RandomObservations(3, &random)) {
        CAPTURE(edge);
        if (edge == 0 && layout.zero_threshold == 0) continue;  // zeros lie on both sides
        const Histogram below = TrimHistogram(histogram, edge, KeepSide::kBelow);
        const Histogram above = TrimHistogram(histogram, edge, KeepSide::kAbove);
        CHECK(below.count + above.count == doctest::Approx(histogram.count));
        CHECK(below.count ==
              doctest::Approx(Fraction(-kInfinity, edge, histogram) * histogram.count));
      }
    }
  }

  TEST_CASE("edges without observations beyond leave all as it is, sum included") {
    const Histogram histogram = Observe({1.1, 3, -3}, {1, 0.1, {}});
    CHECK(HistogramText(TrimHistogram(histogram, 4, KeepSide::kBelow)) == HistogramText(histogram));
    CHECK(HistogramText(TrimHistogram(histogram, -4, KeepSide::kAbove)) ==
          HistogramText(histogram));
    CHECK(HistogramText(TrimHistogram(histogram, -kInfinity, KeepSide::kBelow)) ==
          "{count:0, sum:0}");
  }

  TEST_CASE("the sum is estimated from the middles of what is left") {
    const Histogram histogram = Observe({1.5, 3, 3, 3, 3}, {0, 0, {}});
    const Histogram above = TrimHistogram(histogram, std::sqrt(8.0), KeepSide::kAbove);
    CHECK(above.count == doctest::Approx(2));
    CHECK(above.sum == doctest::Approx(2 * std::sqrt(std::sqrt(8.0) * 4)));
    const Histogram custom = Observe({1, 7, 7, 20}, {kCustom, 0, {5, 10}});
    CHECK(HistogramText(TrimHistogram(custom, 7.5, KeepSide::kBelow)) ==
          "{count:2, sum:8.75, [-Inf,5]:1, (5,10]:1}");
    // Of the last bucket only the lower bound is known, or that it is above the edge.
    CHECK(HistogramText(TrimHistogram(custom, 10, KeepSide::kAbove)) ==
          "{count:1, sum:10, (10,+Inf]:1}");
    CHECK(HistogramText(TrimHistogram(custom, 15, KeepSide::kAbove)) ==
          "{count:1, sum:15, (10,+Inf]:1}");
    CHECK(HistogramText(TrimHistogram(custom, 15, KeepSide::kBelow)) ==
          "{count:3, sum:17.5, [-Inf,5]:1, (5,10]:2}");
  }
}

}  // namespace
}  // namespace varve::query
