#include "query/promql/promql_engine.h"

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <memory>
#include <string>

#include "query/engine/worker_pool.h"
#include "tests/support/memory_querier.h"

namespace varve::query {
namespace {

tests::MemoryQuerier SomeSeries(int count) {
  tests::MemoryQuerier querier;
  for (int i = 0; i < count; ++i) {
    std::vector<storage::Sample> samples;
    for (int k = 0; k < 100; ++k) samples.push_back({k * 15'000, static_cast<double>(i + k)});
    querier.Add({{"__name__", "m"}, {"id", std::to_string(i)}, {"mod", std::to_string(i % 3)}},
                samples);
  }
  return querier;
}

absl::StatusOr<QueryResult> Range(const storage::Querier& querier, std::string_view expr,
                                  const QueryLimits& limits, WorkerPool* pool,
                                  const std::atomic<bool>* cancelled = nullptr) {
  QueryContext context(limits, pool, cancelled);
  return PromqlEngine(pool, limits).Range(querier, expr, {0, 1'500'000, 15'000}, &context);
}

TEST_SUITE("query/promql/promql_engine") {
  TEST_CASE("a query does not depend on the number of threads") {
    const tests::MemoryQuerier querier = SomeSeries(300);
    WorkerPool pool(3);
    for (const char* expr :
         {"sum by (mod) (rate(m[1m]))", "m / on (id) group_left m", "avg(m * 0.1) by (mod)",
          "topk(3, m)", "stddev by (mod) (quantile_over_time(0.3, m[2m]))"}) {
      const auto one = Range(querier, expr, QueryLimits(), nullptr);
      const auto many = Range(querier, expr, QueryLimits(), &pool);
      REQUIRE(one.ok());
      REQUIRE(many.ok());
      const auto& a = std::get<MatrixResult>(one->value).series;
      const auto& b = std::get<MatrixResult>(many->value).series;
      REQUIRE(a.size() == b.size());
      for (size_t i = 0; i < a.size(); ++i) {
        REQUIRE(a[i].labels == b[i].labels);
        REQUIRE(a[i].samples.size() == b[i].samples.size());
        for (size_t k = 0; k < a[i].samples.size(); ++k) {
          REQUIRE(std::bit_cast<uint64_t>(a[i].samples[k].value) ==
                  std::bit_cast<uint64_t>(b[i].samples[k].value));
        }
      }
    }
  }

  TEST_CASE("the answer is sorted by labels") {
    const tests::MemoryQuerier querier = SomeSeries(20);
    const auto result = Range(querier, "sort_desc(m)", QueryLimits(), nullptr);
    REQUIRE(result.ok());
    const auto& series = std::get<MatrixResult>(result->value).series;
    REQUIRE(series.size() == 20);
    for (size_t i = 1; i < series.size(); ++i) CHECK(series[i - 1].labels < series[i].labels);
  }

  TEST_CASE("limits, cancellation and timeouts have codes of their own") {
    const tests::MemoryQuerier querier = SomeSeries(50);
    QueryLimits limits;
    limits.samples_max = 1000;
    CHECK(absl::IsResourceExhausted(Range(querier, "m", limits, nullptr).status()));
    limits = QueryLimits();
    limits.series_max = 49;
    CHECK(absl::IsResourceExhausted(Range(querier, "m", limits, nullptr).status()));
    limits = QueryLimits();
    limits.timeout_ms = 0;
    CHECK(absl::IsDeadlineExceeded(Range(querier, "m", limits, nullptr).status()));
    const std::atomic<bool> cancelled = true;
    CHECK(absl::IsCancelled(Range(querier, "m", QueryLimits(), nullptr, &cancelled).status()));
  }

  TEST_CASE("what does not parse is told apart from what does not run") {
    const tests::MemoryQuerier querier = SomeSeries(30);
    CHECK(absl::IsInvalidArgument(Range(querier, "m +", QueryLimits(), nullptr).status()));
    CHECK(absl::IsInvalidArgument(Range(querier, "m[5m]", QueryLimits(), nullptr).status()));
    CHECK(absl::IsInvalidArgument(Range(querier, "\"text\"", QueryLimits(), nullptr).status()));
    CHECK(absl::IsFailedPrecondition(
        Range(querier, "m + on (mod) m{id!=\"x\"} * on (mod) m", QueryLimits(), nullptr).status()));
  }

  TEST_CASE("more than ten annotations are cut and counted") {
    tests::MemoryQuerier querier;
    for (int i = 0; i < 12; ++i) {
      querier.Add({{"__name__", "gauge" + std::to_string(i)}, {"i", std::to_string(i)}},
                  {{0, 1}, {15'000, 2}});
    }
    const auto result = Range(querier, "rate({__name__=~\"gauge.*\"}[1m])", QueryLimits(), nullptr);
    REQUIRE(result.ok());
    REQUIRE(result->infos.size() == 11);
    CHECK(result->infos.back() == "2 more info annotations omitted");
  }

  TEST_CASE("histograms count for what they hold, and what they are made into") {
    tests::MemoryQuerier querier;
    std::vector<tests::MemoryQuerier::HistogramSample> samples;
    for (int k = 0; k < 100; ++k) {
      auto histogram = std::make_shared<storage::Histogram>();
      histogram->count = 400.0 * k;
      histogram->positive_spans = {{0, 400}};
      histogram->positive_counts.assign(400, k);
      samples.push_back({k * 15'000, std::move(histogram)});
    }
    querier.Add({{"__name__", "m"}}, {}, samples);
    QueryLimits limits;
    CHECK(Range(querier, "rate(m[1m])", limits, nullptr).ok());
    // A hundred floats would do with less than this, a hundred of these do not.
    limits.samples_max = 10'000;
    const auto result = Range(querier, "m", limits, nullptr);
    CHECK(result.status().code() == absl::StatusCode::kResourceExhausted);
    // As they are read they fit; with their rates at all steps they do not.
    limits.samples_max = 30'000;
    CHECK(Range(querier, "count_over_time(m[1m])", limits, nullptr).ok());
    CHECK(Range(querier, "rate(m[1m])", limits, nullptr).status().code() ==
          absl::StatusCode::kResourceExhausted);
  }

  TEST_CASE("an empty grid answers nothing") {
    const tests::MemoryQuerier querier = SomeSeries(3);
    QueryContext context(QueryLimits(), nullptr, nullptr);
    const auto result =
        PromqlEngine(nullptr, QueryLimits()).Range(querier, "m", {10, 0, 1}, &context);
    REQUIRE(result.ok());
    CHECK(std::get<MatrixResult>(result->value).series.empty());
  }
}

}  // namespace
}  // namespace varve::query
