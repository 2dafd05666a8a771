// What becomes of a second value for a timestamp that has one already.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs + kMillisecondsPerHour;  // not at the edge of a day

struct Fixture : DatabaseFixture {
  Fixture() { clock.Advance(kMillisecondsPerHour); }
};

LabelSet Up() { return LabelSet{{"__name__", "up"}}; }

AppendResult Write(Database* database, std::vector<Sample> samples) {
  OwnedMetricBatch batch;
  batch.Add(Up(), std::move(samples));
  return database->AppendMetrics(batch.Finish());
}

AppendResult WriteHistogram(Database* database, int64_t timestamp_ms) {
  Histogram histogram;
  histogram.positive_spans = {{0, 1}};
  histogram.positive_counts = {3};
  histogram.count = 3;
  histogram.sum = 4;
  OwnedMetricBatch batch;
  batch.AddHistograms(Up(), {{timestamp_ms, 0, histogram}});
  return database->AppendMetrics(batch.Finish());
}

void CheckRefused(const AppendResult& result, const std::string& text) {
  CHECK(result.accepted == 0);
  CHECK(result.histograms_accepted == 0);
  CHECK(result.rejected == 1);
  REQUIRE(result.rejections.size() == 1);
  CHECK(result.rejections[0].reason == RejectReason::kDuplicateTimestamp);
  CHECK(result.rejections[0].message.starts_with(text));
}

std::map<int64_t, double> Values(const Database& database) {
  std::map<int64_t, double> values;
  const auto selection = database.NewQuerier()->SelectMetrics({}, TimeRange::All());
  REQUIRE(selection.ok());
  REQUIRE((*selection)->size() == 1);
  SampleColumns columns;
  REQUIRE((*selection)->Read(0, TimeRange::All(), &columns).ok());
  for (size_t i = 0; i < columns.size(); ++i) {
    values[(*columns.timestamps_ms)[i] - kNowMs] = columns.values[i];
  }
  return values;
}

using Wanted = std::map<int64_t, double>;

}  // namespace

TEST_SUITE("storage/conflict") {
  TEST_CASE(
      "a second value that comes after a flush is not seen as a conflict; the first one stays") {
    Fixture fixture;
    auto database = fixture.Open();
    REQUIRE(Write(database.get(), {{kNowMs, 1}, {kNowMs + 10, 1}, {kNowMs + 20, 1}}).accepted == 3);
    REQUIRE(database->Flush().ok());
    // Earlier ones too, so that the younger part begins before the older one.
    CHECK(Write(database.get(), {{kNowMs - 10, 2}, {kNowMs, 2}, {kNowMs + 10, 2}}).accepted == 3);
    const Wanted wanted = {{-10, 2}, {0, 1}, {10, 1}, {20, 1}};
    CHECK(Values(*database) == wanted);
    database.reset();  // as a crash: the second value is replayed from the WAL
    database = fixture.Open();
    CHECK(Values(*database) == wanted);
    REQUIRE(database->Flush().ok());
    CHECK(Values(*database) == wanted);
    REQUIRE(database->Close().ok());
    database = fixture.Open();
    CHECK(Values(*database) == wanted);
    REQUIRE(database->CompactAll().ok());
    CHECK(database->Stats().metric_parts == 1);
    CHECK(Values(*database) == wanted);
    CHECK(Write(database.get(), {{kNowMs - 10, 3}, {kNowMs + 15, 3}}).accepted == 2);
    REQUIRE(database->CompactAll().ok());
    REQUIRE(database->Close().ok());
    database = fixture.Open();
    CHECK(Values(*database) == Wanted{{-10, 2}, {0, 1}, {10, 1}, {15, 3}, {20, 1}});
  }

  TEST_CASE(
      "the newest sample of a series is remembered across flushes, and its conflict refused") {
    Fixture fixture;
    auto database = fixture.Open();
    REQUIRE(Write(database.get(), {{kNowMs, 1}}).accepted == 1);
    REQUIRE(database->Flush().ok());
    const AppendResult result = Write(database.get(), {{kNowMs, 2}});
    CHECK(result.rejected == 1);
    REQUIRE(result.rejections.size() == 1);
    CHECK(result.rejections[0].reason == RejectReason::kDuplicateTimestamp);
  }

  TEST_CASE("whatever is flushed and merged when, the first value of a timestamp stays") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int life = 0; life < 40; ++life) {
      Fixture fixture;
      auto database = fixture.Open();
      Wanted wanted;
      double next = 0;
      for (int step = 0; step < 40; ++step) {
        const int64_t offset = static_cast<int64_t>(random() % 8) * 1000 -
                               static_cast<int64_t>(random() % 3) * 2 * kMillisecondsPerHour / 3;
        next += 1;
        if (Write(database.get(), {{kNowMs + offset, next}}).accepted == 1) {
          wanted.emplace(offset, next);
        }
        if (random() % 3 == 0) REQUIRE(database->Flush().ok());
        if (random() % 12 == 0) REQUIRE(database->CompactAll().ok());
        if (random() % 4 == 0) {
          fixture.clock.Advance(static_cast<int64_t>(random() % 3) * kMillisecondsPerHour / 4);
          REQUIRE(database->Maintain().ok());
        }
        if (random() % 10 == 0) {
          database.reset();
          database = fixture.Open();
        }
      }
      CHECK(Values(*database) == wanted);
      REQUIRE(database->CompactAll().ok());
      CHECK(Values(*database) == wanted);
    }
  }

  TEST_CASE("of a float and a histogram of one time the first to come stays") {
    Fixture fixture;
    auto database = fixture.Open();
    REQUIRE(Write(database.get(), {{kNowMs, 1}, {kNowMs + 20, 1}}).accepted == 2);
    const std::string of_histogram = "duplicate native histogram sample for timestamp ";
    CheckRefused(WriteHistogram(database.get(), kNowMs), of_histogram);
    CheckRefused(WriteHistogram(database.get(), kNowMs + 20), of_histogram);
    CHECK(WriteHistogram(database.get(), kNowMs + 10).histograms_accepted == 1);
    CHECK(WriteHistogram(database.get(), kNowMs + 30).histograms_accepted == 1);
    const std::string of_float = "duplicate sample for timestamp ";
    CheckRefused(Write(database.get(), {{kNowMs + 10, 2}}), of_float);
    CheckRefused(Write(database.get(), {{kNowMs + 30, 2}}), of_float);
    CHECK(Write(database.get(), {{kNowMs + 40, 2}}).accepted == 1);
    CHECK(Values(*database) == Wanted{{0, 1}, {20, 1}, {40, 2}});
    database.reset();
    database = fixture.Open();
    CheckRefused(WriteHistogram(database.get(), kNowMs), of_histogram);
    CheckRefused(Write(database.get(), {{kNowMs + 30, 2}}), of_float);
  }

  TEST_CASE(
      "after a flush the newest of each kind is remembered; of an older time the float is seen") {
    for (const bool float_first : {true, false}) {
      CAPTURE(float_first);
      Fixture fixture;
      auto database = fixture.Open();
      const auto write = [&](bool floats, int64_t offset) {
        return floats ? Write(database.get(), {{kNowMs + offset, 1}})
                      : WriteHistogram(database.get(), kNowMs + offset);
      };
      for (const int64_t offset : {0, 10}) CHECK(write(float_first, offset).rejected == 0);
      REQUIRE(database->Flush().ok());
      CheckRefused(write(!float_first, 10), "duplicate ");
      CHECK(write(!float_first, 0).rejected == 0);
      CHECK(write(!float_first, 5).rejected == 0);
      const Wanted wanted = float_first ? Wanted{{0, 1}, {10, 1}} : Wanted{{0, 1}, {5, 1}};
      CHECK(Values(*database) == wanted);
      REQUIRE(database->CompactAll().ok());
      CHECK(Values(*database) == wanted);
      const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All());
      SampleColumns columns;
      REQUIRE((*selection)->Read(0, TimeRange::All(), &columns).ok());
      CHECK(columns.histogram_timestamps_ms ==
            std::vector<int64_t>{kNowMs + (float_first ? 5 : 10)});
    }
  }

  TEST_CASE("it does not matter which of the two kinds a series had first") {
    Fixture fixture;
    auto database = fixture.Open();
    CHECK(WriteHistogram(database.get(), kNowMs).histograms_accepted == 1);
    CheckRefused(Write(database.get(), {{kNowMs, 2}}), "duplicate sample for timestamp ");
    CHECK(Write(database.get(), {{kNowMs + 10, 2}}).accepted == 1);
    CheckRefused(WriteHistogram(database.get(), kNowMs + 10), "duplicate native histogram");
  }

  TEST_CASE("of a float and a histogram of one write the float stays and nobody is told") {
    Fixture fixture;
    auto database = fixture.Open();
    Histogram histogram;
    histogram.sum = 0;
    OwnedMetricBatch both;
    both.Add(Up(), {{kNowMs, 1}});
    both.Finish();
    both.batch.histograms = {{kNowMs, 0, histogram}, {kNowMs + 10, 0, histogram}};
    both.batch.series[0].histograms_end = 2;
    const AppendResult result = database->AppendMetrics(both.batch);
    CHECK(result.accepted == 1);
    CHECK(result.histograms_accepted == 2);
    CHECK(result.rejected == 0);
    CHECK(Values(*database) == Wanted{{0, 1}});
    CHECK(database->Stats().head_histograms == 1);
  }
}

}  // namespace varve::storage
