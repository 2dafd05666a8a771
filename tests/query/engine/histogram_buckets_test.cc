#include "query/engine/histogram_buckets.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "query/engine/histogram_text.h"

namespace varve::query {
namespace {

using storage::Histogram;

TEST_SUITE("query/engine/histogram_buckets") {
  TEST_CASE("bounds are powers of the schema's base") {
    CHECK(ExponentialBound(0, 0) == 1);
    CHECK(ExponentialBound(0, 3) == 8);
    CHECK(ExponentialBound(0, -2) == 0.25);
    CHECK(ExponentialBound(-4, 1) == 65536);
    CHECK(ExponentialBound(-1, -1) == 0.25);
    // Prometheus's bounds, to the last digit; not each is the nearest double.
    CHECK(ExponentialBound(1, 1) == 1.414213562373095);
    CHECK(ExponentialBound(2, -1) == 0.8408964152537144);
    CHECK(ExponentialBound(3, -1) == 0.9170040432046711);
    CHECK(ExponentialBound(3, -5) == 0.6484197773255048);
    CHECK(ExponentialBound(4, -1) == 0.9576032806985735);
    CHECK(ExponentialBound(5, -31) == 0.5109485743270583);
    CHECK(ExponentialBound(8, 256) == 2);
    for (int32_t schema = 1; schema <= 8; ++schema) {
      for (int32_t index = -600; index < 600; ++index) {
        const double bound = ExponentialBound(schema, index);
        CHECK(bound == doctest::Approx(std::exp2(index / std::exp2(schema))).epsilon(4e-15));
        CHECK(bound < ExponentialBound(schema, index + 1));
        // Every second bound is one of the coarser schema, to the last bit.
        if (index % 2 == 0) CHECK(bound == ExponentialBound(schema - 1, index / 2));
      }
    }
  }

  TEST_CASE("the last bucket of numbers ends at the greatest one, then come infinities") {
    constexpr double kGreatest = std::numeric_limits<double>::max();
    CHECK(ExponentialBound(0, 1024) == kGreatest);
    CHECK(ExponentialBound(-2, 256) == kGreatest);
    CHECK(ExponentialBound(3, 8192) == kGreatest);
    CHECK(std::isinf(ExponentialBound(0, 1025)));
    CHECK(std::isinf(ExponentialBound(-2, 257)));
    CHECK(std::isinf(ExponentialBound(3, 8193)));
    CHECK(ExponentialBound(-4, std::numeric_limits<int32_t>::min()) == 0);
  }

  TEST_CASE("spans are unpacked and packed again") {
    const std::vector<storage::HistogramSpan> spans = {{-3, 2}, {0, 1}, {2, 0}, {3, 1}};
    const std::vector<double> counts = {1, 0, 2, 3};
    BucketColumn column = UnpackBuckets(spans, counts);
    CHECK(column.indices == std::vector<int32_t>{-3, -2, -1, 5});
    CHECK(column.counts == counts);
    std::vector<storage::HistogramSpan> packed_spans;
    std::vector<double> packed_counts;
    PackBuckets(column, &packed_spans, &packed_counts);
    CHECK(packed_spans == std::vector<storage::HistogramSpan>{{-3, 3}, {5, 1}});
    CHECK(packed_counts == counts);
    DropEmptyBuckets(&column);
    CHECK(column.indices == std::vector<int32_t>{-3, -1, 5});
    // Spans that promise more buckets than there are counts give what there is.
    CHECK(UnpackBuckets(spans, std::vector<double>{1, 2}).size() == 2);
  }

  TEST_CASE("a coarser schema merges buckets in twos") {
    BucketColumn column{{-4, -3, 0, 1, 2, 3}, {1, 2, 4, 8, 16, 32}, {}};
    ReduceResolution(3, 2, &column);
    CHECK(column.indices == std::vector<int32_t>{-2, -1, 0, 1, 2});
    CHECK(column.counts == std::vector<double>{1, 2, 4, 24, 32});
    ReduceResolution(2, -1, &column);
    CHECK(column.indices == std::vector<int32_t>{0, 1});
    CHECK(column.counts == std::vector<double>{7, 56});
    BucketColumn none;
    ReduceResolution(3, 0, &none);
    CHECK(none.size() == 0);
  }

  TEST_CASE("buckets come in order, and end where the zero bucket begins") {
    Histogram histogram;
    histogram.count = 12;
    histogram.sum = -3;
    histogram.zero_threshold = 0.75;
    histogram.zero_count = 5;
    histogram.positive_spans = {{0, 2}};
    histogram.positive_counts = {1, 2};
    histogram.negative_spans = {{0, 3}};
    histogram.negative_counts = {1, 0, 3};
    CHECK(HistogramText(histogram) ==
          "{count:12, sum:-3, [-4,-2):3, [-1,-0.75):1, [-0.75,0.75]:5, (0.75,1]:1, (1,2]:2}");
    histogram.zero_count = 0;
    CHECK(HistogramText(histogram) ==
          "{count:12, sum:-3, [-4,-2):3, [-1,-0.75):1, (0.75,1]:1, (1,2]:2}");
    Histogram custom;
    custom.schema = storage::kCustomBucketsSchema;
    custom.custom_values = {5, 10};
    custom.positive_spans = {{0, 1}, {1, 1}};
    custom.positive_counts = {2, 1};
    CHECK(HistogramText(custom) == "{count:0, sum:0, [-Inf,5]:2, (10,+Inf]:1}");
  }
}

}  // namespace
}  // namespace varve::query
