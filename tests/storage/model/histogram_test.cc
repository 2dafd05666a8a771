#include "storage/model/histogram.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "storage/model/sample.h"
#include "storage/model/text.h"

namespace varve::storage {
namespace {

Histogram Exponential() {
  Histogram histogram;
  histogram.schema = 1;
  histogram.zero_threshold = 0.001;
  histogram.zero_count = 2;
  histogram.positive_spans = {{-3, 2}, {1, 1}};
  histogram.positive_counts = {1, 3, 4};
  histogram.negative_spans = {{0, 1}};
  histogram.negative_counts = {5};
  histogram.count = 15;
  histogram.sum = 12.5;
  return histogram;
}

Histogram Custom() {
  Histogram histogram;
  histogram.schema = kCustomBucketsSchema;
  histogram.custom_values = {0.5, 1, 10};
  histogram.positive_spans = {{0, 1}, {1, 2}};
  histogram.positive_counts = {1, 2, 3};
  histogram.count = 6;
  return histogram;
}

std::string Problem(const Histogram& histogram) {
  const absl::Status status = ValidateHistogram(histogram);
  return status.ok() ? "" : std::string(ToStd(status.message()));
}

}  // namespace

TEST_SUITE("storage/model/histogram") {
  TEST_CASE("valid histograms") {
    CHECK(Problem(Exponential()).empty());
    CHECK(Problem(Custom()).empty());
    CHECK(Problem(Histogram()).empty());
    Histogram stale;
    stale.sum = StaleMarker();
    CHECK(Problem(stale).empty());
    Histogram fine = Exponential();
    fine.schema = kReducibleSchemaMax;
    CHECK(Problem(fine).empty());
  }

  TEST_CASE("spans must fit the buckets and not go back") {
    Histogram histogram = Exponential();
    histogram.positive_counts.push_back(1);
    CHECK(Problem(histogram) ==
          "positive side: spans need 3 buckets, have 4 buckets: histogram spans specify different "
          "number of buckets than provided");
    histogram = Exponential();
    histogram.negative_spans = {{0, 1}, {-1, 0}};
    CHECK(Problem(histogram) ==
          "negative side: span number 2 with offset -1: histogram has a span whose offset is "
          "negative");
    histogram = Exponential();
    histogram.positive_spans = {{std::numeric_limits<int32_t>::max(), 3}};
    CHECK(Problem(histogram).find("is out of range") != std::string::npos);
    histogram.positive_spans = {{0, UINT32_MAX}, {0, UINT32_MAX}};
    CHECK(Problem(histogram).find("spans need 8589934590 buckets, have 3") != std::string::npos);
  }

  TEST_CASE("counts must not be negative and must add up") {
    Histogram histogram = Exponential();
    histogram.positive_counts[1] = -3;
    CHECK(Problem(histogram) ==
          "positive side: bucket number 2 has observation count of -3: histogram has a bucket "
          "whose observation count is negative");
    histogram = Exponential();
    histogram.count = 16;
    CHECK(Problem(histogram) ==
          "15 observations found in buckets, but the Count field is 16: histogram's observation "
          "count should equal the number of observations found in the buckets (in absence of NaN)");
    histogram.sum = std::nan("");
    CHECK(Problem(histogram).empty());
    histogram.count = 14;
    CHECK(Problem(histogram) ==
          "15 observations found in buckets, but the Count field is 14: histogram's observation "
          "count should be at least the number of observations found in the buckets");
    histogram.is_float = true;  // rounding would make false alarms
    CHECK(Problem(histogram).empty());
  }

  TEST_CASE("schemas") {
    Histogram histogram = Exponential();
    histogram.schema = -5;
    CHECK(Problem(histogram) ==
          "histogram has an invalid schema, which must be between -4 and 8 for exponential "
          "buckets, or -53 for custom buckets, got schema -5");
    histogram.schema = kReducibleSchemaMax + 1;
    CHECK(!Problem(histogram).empty());
    histogram = Exponential();
    histogram.custom_values = {1};
    CHECK(Problem(histogram) == "histogram with exponential schema must not have custom bounds");
  }

  TEST_CASE("custom bounds") {
    Histogram histogram = Custom();
    histogram.custom_values = {1, 1, 10};
    CHECK(Problem(histogram) ==
          "custom buckets: previous bound is 1.000000 and current is 1.000000: histogram custom "
          "bounds must be in strictly increasing order");
    histogram.custom_values = {1, 2, std::numeric_limits<double>::infinity()};
    CHECK(Problem(histogram) ==
          "custom buckets: last +Inf bound must not be explicitly defined: histogram custom bounds "
          "must be finite");
    histogram.custom_values = {1, std::nan(""), 3};
    CHECK(Problem(histogram) == "custom buckets: histogram custom bounds must not be NaN");
    histogram.custom_values = {1, 2};
    CHECK(Problem(histogram) ==
          "custom buckets: only 2 custom bounds defined which is insufficient to cover total span "
          "length of 4: histogram custom bounds are too few");
    histogram = Custom();
    histogram.zero_count = 1;
    CHECK(Problem(histogram) == "custom buckets: must have zero count of 0");
    histogram = Custom();
    histogram.negative_spans = {{0, 1}};
    CHECK(Problem(histogram) == "custom buckets: must not have negative spans");
    histogram = Custom();
    histogram.positive_spans[0].offset = -1;
    CHECK(Problem(histogram) ==
          "custom buckets: span number 1 with offset -1: histogram has a span whose offset is "
          "negative");
  }

  TEST_CASE("a histogram of too many buckets is refused") {
    Histogram histogram;
    histogram.positive_counts.assign(kHistogramBucketsMax + 1, 0);
    histogram.positive_spans = {{0, kHistogramBucketsMax + 1}};
    CHECK(Problem(histogram).find("want at most 8192") != std::string::npos);
  }

  TEST_CASE("equality is of bits") {
    Histogram a = Exponential();
    Histogram b = Exponential();
    CHECK(SameHistogram(a, b));
    a.sum = b.sum = StaleMarker();
    CHECK(SameHistogram(a, b));
    b.sum = std::nan("");
    CHECK(!SameHistogram(a, b));
    b = a;
    b.zero_count = a.zero_count = 0.0;
    b.zero_count = -0.0;
    CHECK(!SameHistogram(a, b));
    CHECK(SameLayout(a, b));
    b.positive_spans = {{-3, 2}, {1, 0}, {0, 1}};
    CHECK(!SameLayout(a, b));
    b = a;
    b.reset_hint = CounterResetHint::kGauge;
    CHECK(SameLayout(a, b));
    CHECK(!SameHistogram(a, b));
  }

  TEST_CASE("a coarser resolution merges neighbours") {
    Histogram histogram;
    histogram.schema = 10;
    // Buckets -4 -3 -2, 1 2, 9: with two schemas less, four share one: (index - 1) / 4 + 1.
    histogram.positive_spans = {{-4, 3}, {2, 2}, {6, 1}};
    histogram.positive_counts = {1, 2, 4, 8, 16, 32};
    ReduceResolution(8, &histogram);
    CHECK(histogram.schema == 8);
    CHECK(histogram.positive_spans == std::vector<HistogramSpan>{{-1, 3}, {1, 1}});
    CHECK(histogram.positive_counts == std::vector<double>{1, 6, 24, 32});
    const Histogram before = histogram;
    ReduceResolution(8, &histogram);
    CHECK(SameHistogram(before, histogram));
  }

  TEST_CASE("the finest resolution there is becomes one bucket per factor of two") {
    Histogram histogram;
    histogram.schema = kReducibleSchemaMax;
    histogram.positive_spans = {{-1, 2}};
    histogram.positive_counts = {3, 4};
    ReduceResolution(0, &histogram);
    CHECK(histogram.positive_spans == std::vector<HistogramSpan>{{0, 1}});
    CHECK(histogram.positive_counts == std::vector<double>{7});
  }
}

}  // namespace varve::storage
