#include <doctest/doctest.h>

#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs;

LabelSet Total(std::string_view job) { return LabelSet{{"__name__", "t_total"}, {"job", job}}; }

void Write(Database* database, const LabelSet& series, std::vector<Sample> samples,
           std::vector<int64_t> starts_ms) {
  OwnedMetricBatch batch;
  batch.Add(series, std::move(samples));
  if (!starts_ms.empty()) batch.SetStarts(std::move(starts_ms));
  const AppendResult result = database->AppendMetrics(batch.Finish());
  REQUIRE(result.status.ok());
}

std::vector<int64_t> Starts(const Database& database, const LabelSet& series,
                            TimeRange range_ms = TimeRange::All()) {
  const auto selection =
      database.NewQuerier()->SelectMetrics({Matcher::Equal("job", series.Get("job"))}, range_ms);
  REQUIRE(selection.ok());
  REQUIRE((*selection)->size() == 1);
  SampleColumns columns;
  REQUIRE((*selection)->Read(0, range_ms, &columns).ok());
  REQUIRE((*selection)->ReadStartTimestamps(0, range_ms, &columns).ok());
  if (!columns.start_timestamps_ms.empty()) {
    CHECK(columns.start_timestamps_ms.size() == columns.size());
  }
  return columns.start_timestamps_ms;
}

using Times = std::vector<int64_t>;

}  // namespace

TEST_SUITE("storage/start_timestamps") {
  TEST_CASE("start timestamps come back from the head, from parts, merged and after a restart") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    Write(database.get(), Total("a"), {{kNowMs, 1}, {kNowMs + 10, 2}, {kNowMs + 20, 1}},
          {kNowMs - 5, kNowMs - 5, kNowMs + 15});
    Write(database.get(), Total("b"), {{kNowMs, 1}}, {});
    const auto check = [&] {
      CHECK(Starts(*database, Total("a")) == Times{kNowMs - 5, kNowMs - 5, kNowMs + 15});
      CHECK(Starts(*database, Total("a"), {kNowMs + 5, kNowMs + 15}) == Times{kNowMs - 5});
      CHECK(Starts(*database, Total("b")).empty());
    };
    check();
    database.reset();  // as a crash
    database = fixture.Open();
    check();
    REQUIRE(database->Flush().ok());
    check();
    Write(database.get(), Total("a"), {{kNowMs + 30, 3}, {kNowMs + 5, 9}}, {0, kNowMs - 7});
    const auto check_all = [&] {
      CHECK(Starts(*database, Total("a")) ==
            Times{kNowMs - 5, kNowMs - 7, kNowMs - 5, kNowMs + 15, 0});
    };
    check_all();
    REQUIRE(database->CompactAll().ok());
    check_all();
    CHECK(database->Stats().start_timestamp_parts == 1);
    REQUIRE(database->Close().ok());
    database = fixture.Open();
    check_all();
  }

  TEST_CASE("the start timestamp of a refused sample is not stored, and the first one stays") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    Write(database.get(), Total("a"), {{kNowMs, 1}}, {kNowMs - 5});
    Write(database.get(), Total("a"), {{kNowMs, 2}, {kNowMs + 1, 2}}, {kNowMs - 9, kNowMs - 4});
    CHECK(Starts(*database, Total("a")) == Times{kNowMs - 5, kNowMs - 4});
    Write(database.get(), Total("a"), {{kNowMs, 1}}, {kNowMs - 8});
    CHECK(Starts(*database, Total("a")) == Times{kNowMs - 5, kNowMs - 4});
    Write(database.get(), Total("c"), {{kNowMs - 31 * kMillisecondsPerDay, 1}, {kNowMs, 1}},
          {kNowMs - 32 * kMillisecondsPerDay, int64_t{1} << 60});
    CHECK(Starts(*database, Total("c")).empty());
  }

  TEST_CASE("samples without start timestamps cost their store nothing") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    for (int i = 0; i < 100; ++i) Write(database.get(), Total("a"), {{kNowMs + i, 1.0 * i}}, {});
    REQUIRE(database->Flush().ok());
    CHECK(database->Stats().start_timestamp_parts == 0);
    CHECK(database->Stats().metric_parts == 1);
  }
}

}  // namespace varve::storage
