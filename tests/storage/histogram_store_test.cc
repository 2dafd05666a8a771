// Native histograms through a whole database: beside floats, across flushes, merges and restarts.
#include "storage/histogram_store.h"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/io/clock.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/acknowledged_writes.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = 1'795'219'200'000;  // midnight
constexpr int64_t kDayMs = 24LL * 3600 * 1000;

struct Fixture {
  SimulatedFileSystem files;
  FakeClock clock{kNowMs};

  std::unique_ptr<Database> Open() {
    StorageOptions options;
    options.path = "data";
    options.files = &files;
    options.clock = &clock;
    options.background = false;
    auto database = Database::Open(std::move(options));
    REQUIRE_MESSAGE(database.ok(), database.status().ToString());
    return *std::move(database);
  }
};

Histogram Counter(double count) {
  Histogram histogram;
  histogram.positive_spans = {{0, 2}};
  histogram.positive_counts = {count, 1};
  histogram.count = count + 1;
  histogram.sum = count / 2;
  return histogram;
}

LabelSet Name(const std::string& name, const std::string& job) {
  return LabelSet{{"__name__", name}, {"job", job}};
}

void Append(Database* database, const LabelSet& series, int64_t timestamp_ms,
            const Histogram& histogram) {
  OwnedMetricBatch batch;
  batch.AddHistograms(series, {{timestamp_ms, 0, histogram}});
  const AppendResult result = database->AppendMetrics(batch.Finish());
  REQUIRE(result.status.ok());
  REQUIRE(result.histograms_accepted == 1);
}

std::vector<std::string> Labels(const Database& database, const std::vector<Matcher>& matchers,
                                TimeRange range_ms = TimeRange::All()) {
  const auto selection = database.NewQuerier()->SelectMetrics(matchers, range_ms).value();
  std::vector<std::string> labels;
  for (size_t i = 0; i < selection->size(); ++i) labels.push_back(selection->labels(i).ToString());
  return labels;
}

void CheckClean(const AcknowledgedWrites& writes, const Database& database) {
  const auto audit = writes.Audit(database);
  REQUIRE_MESSAGE(audit.ok(), audit.status().ToString());
  CHECK_MESSAGE(audit->clean(), audit->first_problem);
}

}  // namespace

TEST_SUITE("storage/histogram_store") {
  TEST_CASE("histograms come back from heads, parts, merged parts and after restarts") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Fixture fixture;
    AcknowledgedWrites writes;
    auto database = fixture.Open();
    for (int round = 0; round < 80; ++round) {
      REQUIRE(writes.SendRandomHistograms(database.get(), kNowMs, &random).ok());
      if (round % 2 == 0) REQUIRE(writes.SendRandomMetrics(database.get(), kNowMs, &random).ok());
      if (round % 10 == 3) REQUIRE(database->Flush().ok());
      if (round == 40) REQUIRE(database->CompactAll().ok());
      if (round % 17 == 5) {
        database.reset();  // as a crash: nothing is flushed
        database = fixture.Open();
      }
      if (round % 20 == 7) {
        REQUIRE(database->Close().ok());
        database = fixture.Open();
      }
      if (round % 5 == 0) CheckClean(writes, *database);
    }
    REQUIRE(database->CompactAll().ok());
    CheckClean(writes, *database);
    CHECK(database->Stats().head_histograms == 0);
    CHECK(database->Stats().histogram_parts <= 2);  // late ones reach into the day before
    CHECK(database->Stats().histogram_part_samples > 100);
  }

  TEST_CASE("a batch of floats and histograms: one entry for each label set, counted apart") {
    Fixture fixture;
    auto database = fixture.Open();
    OwnedMetricBatch batch;
    batch.Add(Name("both", "a"), {{kNowMs, 1.5}, {kNowMs + 2, 2.5}});
    batch.AddHistograms(Name("both", "a"), {{kNowMs + 1, 0, Counter(3)}});
    batch.AddHistograms(Name("latency", "a"), {{kNowMs, 0, Counter(4)}});
    batch.Add(Name("up", "a"), {{kNowMs, 1}});
    const AppendResult result = database->AppendMetrics(batch.Finish());
    REQUIRE(result.status.ok());
    CHECK(result.accepted == 3);
    CHECK(result.histograms_accepted == 2);
    StorageStats stats = database->Stats();
    CHECK(stats.head_series == 2);
    CHECK(stats.head_histogram_series == 2);
    CHECK(stats.head_histograms == 2);
    CHECK(stats.histograms_appended_total == 2);
    CHECK(stats.samples_appended_total == 3);

    for (const bool flushed : {false, true}) {
      CAPTURE(flushed);
      if (flushed) REQUIRE(database->Flush().ok());
      const std::vector<std::string> all = {Name("both", "a").ToString(),
                                            Name("latency", "a").ToString(),
                                            Name("up", "a").ToString()};
      CHECK(Labels(*database, {}) == all);
      CHECK(Labels(*database, {Matcher::Equal("__name__", "latency")}) ==
            std::vector<std::string>{all[1]});
      CHECK(Labels(*database, {Matcher::Create(MatchType::kRegex, "__name__", "l.*|up").value()}) ==
            std::vector<std::string>{all[1], all[2]});
      CHECK(Labels(*database, {Matcher::Create(MatchType::kNotRegex, "__name__", "u.").value()}) ==
            std::vector<std::string>{all[0], all[1]});
      const auto querier = database->NewQuerier();
      CHECK(querier->MetricLabelNames({}, TimeRange::All()).value() ==
            std::vector<std::string>{"__name__", "job"});
      CHECK(querier->MetricLabelValues("__name__", {}, TimeRange::All()).value() ==
            std::vector<std::string>{"both", "latency", "up"});

      const auto selection = querier->SelectMetrics({}, TimeRange::All()).value();
      SampleColumns columns;
      REQUIRE(selection->Read(0, TimeRange::All(), &columns).ok());
      CHECK(*columns.timestamps_ms == std::vector<int64_t>{kNowMs, kNowMs + 2});
      CHECK(columns.values == std::vector<double>{1.5, 2.5});
      CHECK(columns.histogram_timestamps_ms == std::vector<int64_t>{kNowMs + 1});
      REQUIRE(columns.histograms.size() == 1);
      CHECK(SameHistogram(*columns.histograms[0], Counter(3)));
      REQUIRE(selection->Read(1, TimeRange::All(), &columns).ok());
      CHECK(columns.size() == 0);
      REQUIRE(columns.timestamps_ms != nullptr);
      CHECK(columns.timestamps_ms->empty());
      CHECK(columns.histograms.size() == 1);
      REQUIRE(selection->Read(2, TimeRange::All(), &columns).ok());
      CHECK(columns.values == std::vector<double>{1});
      CHECK(columns.histograms.empty());
      CHECK(columns.histogram_timestamps_ms.empty());
    }
    stats = database->Stats();
    CHECK(stats.head_histograms == 0);
    CHECK(stats.histogram_parts == 1);
    CHECK(stats.metric_parts == 1);
    CHECK(stats.histogram_part_samples == 2);
    CHECK(stats.histogram_part_bytes > 0);
  }

  TEST_CASE("a float hides a histogram of the same timestamp") {
    Fixture fixture;
    auto database = fixture.Open();
    for (int i = 0; i < 6; ++i) Append(database.get(), Name("m", "a"), kNowMs + i, Counter(i));
    // From the parts on nobody looks whether a time is taken.
    REQUIRE(database->Flush().ok());
    OwnedMetricBatch batch;
    batch.Add(Name("m", "a"), {{kNowMs + 1, 1}, {kNowMs + 4, 4}, {kNowMs + 9, 9}});
    REQUIRE(database->AppendMetrics(batch.Finish()).status.ok());
    const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All()).value();
    REQUIRE(selection->size() == 1);
    SampleColumns columns;
    REQUIRE(selection->Read(0, TimeRange::All(), &columns).ok());
    CHECK(columns.histogram_timestamps_ms ==
          std::vector<int64_t>{kNowMs, kNowMs + 2, kNowMs + 3, kNowMs + 5});
    REQUIRE(columns.histograms.size() == 4);
    CHECK(SameHistogram(*columns.histograms[1], Counter(2)));
    CHECK(columns.size() == 3);
  }

  TEST_CASE("start timestamps and exemplars of histograms are stored as those of floats") {
    Fixture fixture;
    auto database = fixture.Open();
    OwnedMetricBatch batch;
    batch.AddHistograms(Name("h", "a"), {{kNowMs, kNowMs - 500, Counter(1)},
                                         {kNowMs + 10, kNowMs - 500, Counter(2)},
                                         {kNowMs + 20, 0, Counter(3)}});
    Exemplar exemplar;
    exemplar.timestamp_ms = kNowMs + 5;
    exemplar.value = 0.25;
    exemplar.labels = LabelSet{{"trace_id", "abc"}};
    batch.AddExemplars({exemplar});
    const AppendResult result = database->AppendMetrics(batch.Finish());
    REQUIRE(result.status.ok());
    CHECK(result.histograms_accepted == 3);
    CHECK(result.exemplars_accepted == 1);
    CHECK(database->Stats().head_series == 0);
    for (const bool flushed : {false, true}) {
      if (flushed) REQUIRE(database->Flush().ok());
      const auto querier = database->NewQuerier();
      const auto selection = querier->SelectMetrics({}, TimeRange::All()).value();
      REQUIRE(selection->size() == 1);
      SampleColumns columns;
      REQUIRE(selection->Read(0, TimeRange::All(), &columns).ok());
      REQUIRE(selection->ReadStartTimestamps(0, TimeRange::All(), &columns).ok());
      CHECK(columns.histogram_start_timestamps_ms ==
            std::vector<int64_t>{kNowMs - 500, kNowMs - 500, 0});
      const auto exemplars = querier->SelectExemplars({}, TimeRange{kNowMs, kNowMs + 100}).value();
      REQUIRE(exemplars.size() == 1);
      CHECK(exemplars[0].labels == Name("h", "a"));
      CHECK(exemplars[0].exemplars.size() == 1);
    }
  }

  TEST_CASE("histograms are replayed, and a restart counts them") {
    Fixture fixture;
    for (int life = 0; life < 3; ++life) {
      auto database = fixture.Open();
      CHECK(database->Stats().wal_replayed_histograms == static_cast<uint64_t>(life) * 20);
      for (int i = 0; i < 10; ++i) {
        // In each life the series come in another order, so that their references differ.
        for (const char* job : {life % 2 == 0 ? "a" : "b", life % 2 == 0 ? "b" : "a"}) {
          Append(database.get(), Name("h", job), kNowMs + life * 100 + i, Counter(i));
        }
      }
    }
    auto database = fixture.Open();
    const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All()).value();
    REQUIRE(selection->size() == 2);
    SampleColumns columns;
    for (size_t i = 0; i < 2; ++i) {
      REQUIRE(selection->Read(i, TimeRange::All(), &columns).ok());
      CHECK(columns.histograms.size() == 30);
    }
  }

  TEST_CASE("each day has its part, retention drops whole days, idle series leave the head") {
    Fixture fixture;
    auto database = fixture.Open();
    for (const int64_t day : {20, 3, 1, 0}) {
      Append(database.get(), Name("h", "a"), kNowMs - day * kDayMs, Counter(1));
    }
    REQUIRE(database->Flush().ok());
    CHECK(database->Stats().histogram_parts == 4);
    fixture.clock.Advance(15 * kDayMs);
    REQUIRE(database->Maintain().ok());
    CHECK(database->Stats().histogram_parts == 3);
    CHECK(Labels(*database, {}, {kNowMs - 30 * kDayMs, kNowMs - 10 * kDayMs}).empty());
    for (int i = 0; i < 3; ++i) REQUIRE(database->Flush().ok());
    CHECK(database->Stats().head_histogram_series == 0);
    CHECK(Labels(*database, {}).size() == 1);
  }

  TEST_CASE("a damaged part of histograms is set aside and the floats keep answering") {
    Fixture fixture;
    {
      auto database = fixture.Open();
      Append(database.get(), Name("h", "a"), kNowMs, Counter(1));
      OwnedMetricBatch batch;
      batch.Add(Name("up", "a"), {{kNowMs, 1}});
      REQUIRE(database->AppendMetrics(batch.Finish()).status.ok());
      REQUIRE(database->Close().ok());
    }
    for (const std::string& path : fixture.files.AllPaths()) {
      if (path.find("histograms-") != std::string::npos) fixture.files.SetContent(path, "broken");
    }
    auto database = fixture.Open();
    CHECK(database->Stats().quarantined_files == 1);
    CHECK(Labels(*database, {}) == std::vector<std::string>{Name("up", "a").ToString()});
  }

  TEST_CASE("what Prometheus refuses is refused in its words, and costs nothing else") {
    Fixture fixture;
    auto database = fixture.Open();
    Histogram invalid = Counter(1);
    invalid.count = 5;
    OwnedMetricBatch batch;
    batch.AddHistograms(Name("h", "a"), {{kNowMs, 0, invalid}, {kNowMs + 1, 0, Counter(2)}});
    const AppendResult result = database->AppendMetrics(batch.Finish());
    REQUIRE(result.status.ok());
    CHECK(result.histograms_accepted == 1);
    REQUIRE(result.rejected == 1);
    CHECK(result.rejections[0].reason == RejectReason::kInvalidHistogram);
    CHECK(result.rejections[0].message.find("2 observations found in buckets, but the Count field "
                                            "is 5: ") == 0);
    database.reset();
    database = fixture.Open();
    CHECK(database->Stats().head_histograms == 1);
  }
}

}  // namespace varve::storage
