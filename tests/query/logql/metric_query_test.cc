#include <doctest/doctest.h>

#include <random>
#include <string>

#include "query/engine/worker_pool.h"
#include "query/logql/logql_engine.h"
#include "tests/support/memory_log_querier.h"

namespace varve::query {
namespace {

using storage::Direction;
using storage::LabelSet;
using test::MemoryLogQuerier;

constexpr int64_t kSecond = 1'000'000'000;

absl::StatusOr<QueryResult> Instant(const MemoryLogQuerier& querier, std::string_view text,
                                    int64_t time_ns) {
  QueryContext context(QueryLimits(), nullptr, nullptr);
  return LogqlEngine().Instant(querier, text, time_ns, 100, Direction::kBackward, &context);
}

TEST_SUITE("query/logql/metric_query") {
  TEST_CASE("the health check of a dashboard gets one sample without labels") {
    const MemoryLogQuerier querier;
    const auto result = Instant(querier, "vector(1)+vector(1)", 4'000'000'000 * kSecond);
    REQUIRE(result.ok());
    const auto& vector = std::get<VectorResult>(result->value);
    REQUIRE(vector.items.size() == 1);
    CHECK(vector.items[0].labels.empty());
    CHECK(vector.items[0].sample.value == 2);
    CHECK(vector.items[0].sample.timestamp_ms == 4'000'000'000'000);
  }

  TEST_CASE("counting reads no lines but for filters that the storage does not know") {
    MemoryLogQuerier querier;
    for (int64_t t = 0; t < 50; ++t) querier.Add(LabelSet{{"a", "b"}}, t * kSecond, "line");
    for (const std::string_view text :
         {"count_over_time({a=\"b\"}[1m])", "sum(rate({a=\"b\"}[1m]))",
          "bytes_over_time({a=\"b\"}[1m])", "count_over_time({a=\"b\"} | a=\"b\" [1m])",
          "count_over_time({a=\"b\"} |= \"l\" != \"x\" |~ \"(?i)LINE\" [1m])"}) {
      querier.ResetReads();
      REQUIRE(Instant(querier, text, 50 * kSecond).ok());
      CHECK_MESSAGE(!querier.lines_were_read(), text);
    }
    REQUIRE(Instant(querier, "count_over_time({a=\"b\"} |~ \"l.n\" [1m])", 50 * kSecond).ok());
    CHECK(querier.lines_were_read());
  }

  TEST_CASE("a series that still has an error fails the query") {
    MemoryLogQuerier querier;
    querier.Add(LabelSet{{"a", "b"}}, 1, "not json");
    const auto result = Instant(querier, "count_over_time({a=\"b\"} | json [1m])", 10);
    CHECK(absl::IsInvalidArgument(result.status()));
    CHECK(std::string(result.status().message())
              .starts_with("pipeline error: 'JSONParserErr' for series: '{__error__="));
    CHECK(Instant(querier, "count_over_time({a=\"b\"} | json | __error__=\"\" [1m])", 10).ok());
    CHECK(Instant(querier, "sum(count_over_time({a=\"b\"} | json [1m]))", 10).ok());
  }

  TEST_CASE("ranges and offsets that reach beyond the ends of time are harmless") {
    MemoryLogQuerier querier;
    querier.Add(LabelSet{{"a", "b"}}, 1, "x");
    for (const int64_t time : {INT64_MIN, int64_t{0}, INT64_MAX}) {
      CHECK(Instant(querier, "rate({a=\"b\"}[200y] offset 200y)", time).ok());
      CHECK(Instant(querier, "rate({a=\"b\"}[200y] offset -200y)", time).ok());
    }
  }

  TEST_CASE("counts over overlapping windows equal a count entry by entry") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20; ++round) {
      MemoryLogQuerier querier;
      std::vector<int64_t> times;
      for (int i = 0; i < 300; ++i) {
        times.push_back(static_cast<int64_t>(random() % 600) * kSecond);
        querier.Add(LabelSet{{"a", "b"}, {"pod", std::to_string(random() % 5)}}, times.back(), "x");
      }
      const int64_t range = static_cast<int64_t>(1 + random() % 120);
      const int64_t offset = static_cast<int64_t>(random() % 60);
      const int64_t step = static_cast<int64_t>(1 + random() % 90);
      const int64_t start = static_cast<int64_t>(random() % 200);
      WorkerPool pool(2);
      QueryContext context(QueryLimits(), &pool, nullptr);
      const std::string text = "sum(count_over_time({a=\"b\"}[" + std::to_string(range) +
                               "s] offset " + std::to_string(offset) + "s))";
      const auto result = LogqlEngine().Range(querier, text, start * kSecond, 600 * kSecond,
                                              step * kSecond, 1, Direction::kForward, &context);
      REQUIRE(result.ok());
      const auto& matrix = std::get<MatrixResult>(result->value);
      size_t point = 0;
      for (int64_t t = start; t <= 600; t += step) {
        double count = 0;
        for (const int64_t time : times) {
          const int64_t end = (t - offset) * kSecond;
          if (time > end - range * kSecond && time <= end) ++count;
        }
        if (count == 0) continue;
        REQUIRE(matrix.series.size() == 1);
        REQUIRE(point < matrix.series[0].samples.size());
        CHECK(matrix.series[0].samples[point].timestamp_ms == t * 1000);
        CHECK(matrix.series[0].samples[point].value == count);
        ++point;
      }
    }
  }
}

}  // namespace
}  // namespace varve::query
