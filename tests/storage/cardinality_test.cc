#include "storage/cardinality.h"

#include <doctest/doctest.h>

#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs;
using Counts = std::vector<NamedCount>;

void Write(Database* database, const LabelSet& series, int64_t timestamp_ms) {
  OwnedMetricBatch batch;
  batch.Add(series, {{timestamp_ms, 1}});
  REQUIRE(database->AppendMetrics(batch.Finish()).accepted == 1);
}

LabelSet Series(std::string_view metric, std::string_view job) {
  return LabelSet{{"__name__", metric}, {"job", job}};
}

}  // namespace

TEST_SUITE("storage/cardinality") {
  TEST_CASE("counts are of different things, the largest first, equal ones by name") {
    CardinalityCounter counter;
    for (const LabelSet& labels : {Series("up", "a"), Series("up", "bcd"), Series("m", "a"),
                                   LabelSet{{"__name__", "m"}, {"job", "a"}, {"zone", "z"}}}) {
      counter.Add(labels);
    }
    const Cardinality all = counter.Count(10);
    CHECK(all.series == 4);
    CHECK(all.label_pairs == 5);
    CHECK(all.series_by_metric == Counts{{"m", 2}, {"up", 2}});
    CHECK(all.values_by_label == Counts{{"__name__", 2}, {"job", 2}, {"zone", 1}});
    CHECK(all.bytes_by_label == Counts{{"__name__", 46}, {"job", 26}, {"zone", 7}});
    CHECK(
        all.series_by_pair ==
        Counts{{"job=a", 3}, {"__name__=m", 2}, {"__name__=up", 2}, {"job=bcd", 1}, {"zone=z", 1}});
    const Cardinality one = counter.Count(1);
    CHECK(one.label_pairs == 5);
    CHECK(one.series_by_pair == Counts{{"job=a", 3}});
    CHECK(counter.Count(0).series_by_metric.empty());
    CHECK(CardinalityCounter().Count(10).series == 0);
  }

  TEST_CASE("a series counts once, in the head and in parts, in its time, and not when deleted") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    Write(database.get(), Series("up", "a"), kNowMs);
    Write(database.get(), Series("up", "b"), kNowMs);
    REQUIRE(database->Flush().ok());
    Write(database.get(), Series("up", "a"), kNowMs + 1);
    Write(database.get(), Series("up", "c"), kNowMs + 1);
    Cardinality count = database->MetricCardinality(TimeRange::All(), 10).value();
    CHECK(count.series == 3);
    CHECK(count.series_by_metric == Counts{{"up", 3}});
    CHECK(database->MetricCardinality({kNowMs + 1, kNowMs + 2}, 10)->series == 2);
    CHECK(database->MetricCardinality({0, 1}, 10)->series == 0);
    REQUIRE(database->Flush().ok());
    CHECK(database->MetricCardinality(TimeRange::All(), 10)->series == 3);
    REQUIRE(
        database->Delete(Signal::kMetrics, {Matcher::Equal("job", "a")}, TimeRange::All()).ok());
    count = database->MetricCardinality(TimeRange::All(), 10).value();
    CHECK(count.series == 2);
    CHECK(count.values_by_label == Counts{{"job", 2}, {"__name__", 1}});
  }
}

}  // namespace varve::storage
