#include "storage/database.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "storage/free_space_guard.h"
#include "storage/io/file_names.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs;
using Fixture = DatabaseFixture;

LabelSet Up(std::string_view job) { return LabelSet{{"__name__", "up"}, {"job", job}}; }

void CheckClean(const AcknowledgedWrites& writes, const Database& database) {
  const auto audit = writes.Audit(database);
  REQUIRE_MESSAGE(audit.ok(), audit.status().ToString());
  CHECK_MESSAGE(audit->clean(), audit->first_problem);
}

AppendResult AppendOne(Database* database, Sample sample) {
  OwnedMetricBatch batch;
  batch.Add(Up("a"), {sample});
  return database->AppendMetrics(batch.Finish());
}

}  // namespace

TEST_SUITE("storage/database") {
  TEST_CASE("what was written is read back from heads, parts, merged parts and after restarts") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Fixture fixture;
    AcknowledgedWrites writes;
    auto database = fixture.Open();
    for (int round = 0; round < 60; ++round) {
      REQUIRE(writes.SendRandomMetrics(database.get(), kNowMs, &random).ok());
      REQUIRE(writes.SendRandomLogs(database.get(), kNowMs, &random).ok());
      if (round % 10 == 3) REQUIRE(database->Flush().ok());
      if (round == 30) REQUIRE(database->CompactAll().ok());
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
    CHECK(database->Stats().head_samples == 0);
    // Late samples reach into the day before: at most two days of each kind.
    const StorageStats stats = database->Stats();
    CHECK(stats.metric_parts <= 2);
    CHECK(stats.log_parts <= 2);
    CHECK(stats.start_timestamp_parts <= 2);
    CHECK(stats.exemplar_parts <= 2);
    CHECK(fixture.PartFiles() == stats.metric_parts + stats.log_parts +
                                     stats.start_timestamp_parts + stats.exemplar_parts);
  }

  TEST_CASE(
      "a series that several lives of a database logged under different references is replayed") {
    Fixture fixture;
    // In each life the series come in another order, so that their references differ.
    constexpr int kLives = 6;
    constexpr int kSeries = 40;
    for (int life = 0; life < kLives; ++life) {
      auto database = fixture.Open();
      for (int i = 0; i < 20; ++i) {
        OwnedMetricBatch batch;
        for (int series = 0; series < kSeries; ++series) {
          batch.Add(Up(std::to_string((series * 7 + life * 13) % kSeries)),
                    {{kNowMs + life * 100 + i, static_cast<double>(i)}});
        }
        REQUIRE(database->AppendMetrics(batch.Finish()).status.ok());
      }
    }
    auto database = fixture.Open();
    CHECK(database->Stats().head_samples == kLives * 20 * kSeries);
    CHECK(database->Stats().wal_replayed_samples == kLives * 20 * kSeries);
    const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All());
    REQUIRE(selection.ok());
    CHECK((*selection)->size() == kSeries);
    for (size_t s = 0; s < (*selection)->size(); ++s) {
      SampleColumns columns;
      REQUIRE((*selection)->Read(s, TimeRange::All(), &columns).ok());
      CHECK(columns.size() == kLives * 20);
    }
  }

  TEST_CASE("a flush drops the WAL it covered") {
    Fixture fixture;
    auto database = fixture.Open();
    AppendOne(database.get(), {kNowMs, 1});
    const uint64_t wal_bytes = database->Stats().wal_bytes;
    CHECK(wal_bytes > 0);
    REQUIRE(database->Flush().ok());
    CHECK(database->Stats().wal_bytes < wal_bytes);
    CHECK(database->Stats().head_samples == 0);
  }

  TEST_CASE("samples that span many days go into a part for each") {
    Fixture fixture;
    StorageOptions options = fixture.Options();
    options.retention_ms = 0;
    auto database = fixture.Open(options);
    OwnedMetricBatch batch;
    OwnedLogBatch logs;
    std::vector<Sample> samples;
    constexpr int kDays = 80;  // more than one pass of a flush takes
    for (int day = -40; day < kDays - 40; ++day) {
      samples.push_back({day * kMillisecondsPerDay, static_cast<double>(day)});
      samples.push_back({(day + 1) * kMillisecondsPerDay - 1, static_cast<double>(day)});
      logs.lines.push_back({LabelSet{{"app", "x"}},
                            day * kMillisecondsPerDay * 1'000'000,
                            "day " + std::to_string(day),
                            {}});
    }
    batch.Add(Up("a"), samples);
    AcknowledgedWrites writes;
    REQUIRE(writes.Send(database.get(), &batch).ok());
    REQUIRE(writes.Send(database.get(), &logs).ok());
    REQUIRE(database->Flush().ok());
    CHECK(database->Stats().metric_parts == kDays);
    CHECK(database->Stats().log_parts == kDays);
    CheckClean(writes, *database);
  }

  TEST_CASE("a second database on the same directory is refused") {
    Fixture fixture;
    auto database = fixture.Open();
    const auto second = Database::Open(fixture.Options());
    CHECK(second.status().code() == absl::StatusCode::kFailedPrecondition);
    database.reset();
    CHECK(Database::Open(fixture.Options()).ok());
  }

  TEST_CASE("samples and entries too far ahead or too old are refused and the rest kept") {
    Fixture fixture;
    auto database = fixture.Open();
    OwnedMetricBatch batch;
    batch.Add(Up("a"), {{kNowMs - 31 * kMillisecondsPerDay, 1},
                        {kNowMs, 2},
                        {kNowMs + 10 * 60 * 1000, 3},
                        {kNowMs + 10 * 60 * 1000 + 1, 4}});
    AppendResult result = database->AppendMetrics(batch.Finish());
    CHECK(result.status.ok());
    CHECK(result.accepted == 2);
    CHECK(result.rejected == 2);
    OwnedLogBatch logs;
    const LabelSet app{{"app", "x"}};
    logs.lines = {{app, (kNowMs + 3'600'000) * 1'000'000, "future", {}},
                  {app, kNowMs * 1'000'000, "now", {}},
                  {app, 0, "old", {}}};
    result = database->AppendLogs(logs.Finish());
    CHECK(result.accepted == 1);
    REQUIRE(result.rejections.size() == 2);
    CHECK(result.rejections[0].message ==
          "entry for stream '{app=\"x\"}' has timestamp too new: 2026-11-21T01:00:00Z");
    CHECK(result.rejections[1].reason == RejectReason::kTooOld);
  }

  TEST_CASE("every refused entry of a batch is named, with its reason") {
    Fixture fixture;
    StorageOptions options = fixture.Options();
    options.streams_max = 2;
    auto database = fixture.Open(options);
    OwnedLogBatch batch;
    const int64_t now_ns = kNowMs * kNanosecondsPerMillisecond;
    const int64_t old_ns = now_ns - 400LL * 24 * 3600 * kNanosecondsPerSecond;
    const int64_t ahead_ns = now_ns + 24LL * 3600 * kNanosecondsPerSecond;
    const auto add = [&](std::string_view app, int64_t time_ns) {
      batch.lines.push_back({LabelSet{{"app", app}}, time_ns, "line", LabelSet()});
    };
    add("a", now_ns);
    add("a", old_ns);
    for (int i = 0; i < 20; ++i) add("b", old_ns + i);
    add("b", now_ns);
    add("c", ahead_ns);
    add("c", now_ns);
    add("c", now_ns + 1);
    const AppendResult result = database->AppendLogs(batch.Finish());
    REQUIRE(result.status.ok());
    CHECK(result.accepted == 2);
    CHECK(result.rejected == 24);
    CHECK(result.rejections.size() == kRejectionsMax);
    const auto count = [&](RejectReason reason) {
      return result.rejected_by[static_cast<size_t>(reason)];
    };
    CHECK(count(RejectReason::kTooOld) == 21);
    CHECK(count(RejectReason::kTooFarInFuture) == 1);
    CHECK(count(RejectReason::kSeriesLimit) == 2);
    std::vector<std::pair<uint32_t, RejectReason>> refused;
    for (const RefusedEntry& one : result.refused_entries)
      refused.emplace_back(one.entry, one.reason);
    std::sort(refused.begin(), refused.end());
    std::vector<std::pair<uint32_t, RejectReason>> wanted;
    for (uint32_t i = 1; i <= 21; ++i) wanted.emplace_back(i, RejectReason::kTooOld);
    wanted.emplace_back(23, RejectReason::kTooFarInFuture);
    wanted.emplace_back(24, RejectReason::kSeriesLimit);
    wanted.emplace_back(25, RejectReason::kSeriesLimit);
    CHECK(refused == wanted);
  }

  TEST_CASE("a sample sent again is acknowledged only when it is durable") {
    Fixture fixture;
    auto database = fixture.Open();
    InjectedFault fault;
    fault.kind = FileOperation::kSync;
    fixture.files.InjectFault(fault);
    CHECK_FALSE(AppendOne(database.get(), {kNowMs, 1}).status.ok());
    // The head has it already, the disk does not: the retry must write it.
    CHECK(AppendOne(database.get(), {kNowMs, 1}).status.ok());
    const auto after = fixture.files.CrashState(1, CrashMode::kDropUnsynced);
    StorageOptions options = fixture.Options();
    options.files = after.get();
    auto reopened = Database::Open(options);
    REQUIRE(reopened.ok());
    CHECK((*reopened)->Stats().head_samples == 1);
  }

  TEST_CASE("a full disk refuses writes, keeps answering, and takes writes again by itself") {
    Fixture fixture;
    auto database = fixture.Open();
    AcknowledgedWrites writes;
    std::mt19937 random(5);
    REQUIRE(writes.SendRandomMetrics(database.get(), kNowMs, &random).ok());
    fixture.files.SetCapacityBytes(1);
    CHECK(AppendOne(database.get(), {kNowMs, 7}).status.code() ==
          absl::StatusCode::kResourceExhausted);
    CHECK_FALSE(database->Flush().ok());
    CHECK(writes.Audit(*database)->lost == 0);
    fixture.files.SetCapacityBytes(1 << 30);
    fixture.clock.Advance(kFreeSpaceLookMs);
    REQUIRE(writes.SendRandomMetrics(database.get(), kNowMs, &random).ok());
    REQUIRE(database->Flush().ok());
    database.reset();
    database = fixture.Open();
    CHECK(writes.Audit(*database)->lost == 0);
  }

  TEST_CASE("what a full disk refuses takes no memory, however often it is sent") {
    for (const uint64_t free_bytes_min : {uint64_t{0}, uint64_t{1000}}) {
      CAPTURE(free_bytes_min);
      Fixture fixture;
      StorageOptions options = fixture.Options();
      options.free_bytes_min = free_bytes_min;
      auto database = Database::Open(options);
      REQUIRE(database.ok());
      fixture.files.SetCapacityBytes(1);
      fixture.clock.Advance(kFreeSpaceLookMs);
      for (int i = 0; i < 1000; ++i) {
        CHECK(AppendOne(database->get(), {kNowMs + i, 1}).status.code() ==
              absl::StatusCode::kResourceExhausted);
      }
      // Above the floor only the disk itself can tell that it is full: the first write asks it.
      CHECK((*database)->Stats().head_samples == (free_bytes_min == 0 ? 1 : 0));
      fixture.files.SetCapacityBytes(1 << 30);
      fixture.clock.Advance(kFreeSpaceLookMs);
      CHECK(AppendOne(database->get(), {kNowMs + 5000, 1}).status.ok());
    }
  }

  TEST_CASE("a damaged part is set aside and the others keep answering") {
    Fixture fixture;
    auto database = fixture.Open();
    AppendOne(database.get(), {kNowMs, 1});
    REQUIRE(database->Flush().ok());
    AppendOne(database.get(), {kNowMs + 1, 2});
    REQUIRE(database->Flush().ok());
    database.reset();
    std::string damaged;
    for (const std::string& path : fixture.files.AllPaths()) {
      if (path.find(".part") != path.npos && damaged.empty()) damaged = path;
    }
    fixture.files.SetContent(damaged, "short");
    database = fixture.Open();
    CHECK(database->Stats().quarantined_files == 1);
    CHECK(database->Stats().metric_parts == 1);
    CHECK(fixture.files.Content("data/quarantine/" + std::string(NameOf(damaged))) == "short");
  }

  TEST_CASE("retention drops whole days, and a clock that jumps ahead drops nothing") {
    Fixture fixture;
    auto database = fixture.Open();
    AppendOne(database.get(), {kNowMs - 1, 1});  // the day before
    AppendOne(database.get(), {kNowMs, 1});
    REQUIRE(database->Flush().ok());
    CHECK(database->Stats().metric_parts == 2);
    fixture.clock.StepWallClock(365 * kMillisecondsPerDay);
    REQUIRE(database->Maintain().ok());
    CHECK(database->Stats().metric_parts == 2);
    fixture.clock.StepWallClock(-365 * kMillisecondsPerDay);
    fixture.clock.Advance(30 * kMillisecondsPerDay);
    REQUIRE(database->Maintain().ok());
    CHECK(database->Stats().metric_parts == 1);
    CHECK(fixture.PartFiles() == 1);
  }

  TEST_CASE("label names and values come from heads and parts, with and without matchers") {
    Fixture fixture;
    auto database = fixture.Open();
    OwnedMetricBatch first;
    first.Add(LabelSet{{"__name__", "up"}, {"job", "a"}, {"zone", "z"}}, {{kNowMs, 1}});
    database->AppendMetrics(first.Finish());
    REQUIRE(database->Flush().ok());
    OwnedMetricBatch second;
    second.Add(LabelSet{{"__name__", "up"}, {"job", "b"}, {"env", "e"}}, {{kNowMs, 1}});
    database->AppendMetrics(second.Finish());
    OwnedLogBatch logs;
    logs.lines = {{LabelSet{{"app", "x"}}, kNowMs * 1'000'000, "l", {}}};
    database->AppendLogs(logs.Finish());
    const auto querier = database->NewQuerier();
    using Names = std::vector<std::string>;
    CHECK(*querier->MetricLabelNames({}, TimeRange::All()) ==
          Names{"__name__", "env", "job", "zone"});
    CHECK(*querier->MetricLabelValues("job", {}, TimeRange::All()) == Names{"a", "b"});
    CHECK(*querier->MetricLabelValues("job", {Matcher::Equal("zone", "z")}, TimeRange::All()) ==
          Names{"a"});
    CHECK(*querier->MetricLabelNames({Matcher::Equal("job", "b")}, TimeRange::All()) ==
          Names{"__name__", "env", "job"});
    CHECK(querier->MetricLabelNames({}, {0, 1})->empty());
    CHECK(querier->MetricLabelValues("job", {}, {0, 1})->empty());
    CHECK(*querier->LogLabelNames({}, TimeRange::All()) == Names{"app"});
    CHECK(*querier->LogLabelValues("app", {}, TimeRange::All()) == Names{"x"});
    CHECK(querier->Volume({}, TimeRange::All())->entries == 1);
  }

  TEST_CASE("writers, readers, flushes and compactions at once lose nothing") {
    Fixture fixture;
    auto database = fixture.Open();
    constexpr int kWriters = 3;
    constexpr int kBatches = 150;
    std::vector<std::thread> threads;
    for (int w = 0; w < kWriters; ++w) {
      threads.emplace_back([&, w] {
        for (int i = 0; i < kBatches; ++i) {
          OwnedMetricBatch batch;
          batch.Add(Up("w" + std::to_string(w)), {{kNowMs + i, static_cast<double>(i)}});
          Histogram histogram;
          histogram.zero_count = histogram.count = i;
          batch.AddHistograms(LabelSet{{"__name__", "latency"}, {"job", "w" + std::to_string(w)}},
                              {{kNowMs + i, 0, histogram}});
          OwnedLogBatch logs;
          logs.lines = {{LabelSet{{"app", "w" + std::to_string(w)}},
                         (kNowMs + i) * 1'000'000,
                         "line " + std::to_string(i),
                         {}}};
          if (!database->AppendMetrics(batch.Finish()).status.ok()) std::abort();
          if (!database->AppendLogs(logs.Finish()).status.ok()) std::abort();
        }
      });
    }
    std::atomic<bool> done{false};
    std::thread maintenance([&] {
      while (!done) {
        if (!database->Flush().ok()) std::abort();
        if (!database->CompactAll().ok()) std::abort();
      }
    });
    // A reader never sees fewer samples and histograms than before.
    size_t seen = 0;
    for (int i = 0; i < 100; ++i) {
      const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All());
      REQUIRE(selection.ok());
      size_t count = 0;
      for (size_t s = 0; s < (*selection)->size(); ++s) {
        SampleColumns columns;
        REQUIRE((*selection)->Read(s, TimeRange::All(), &columns).ok());
        count += columns.size() + columns.histograms.size();
      }
      CHECK(count >= seen);
      seen = count;
    }
    for (std::thread& thread : threads) thread.join();
    done = true;
    maintenance.join();
    const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All());
    size_t count = 0;
    for (size_t s = 0; s < (*selection)->size(); ++s) {
      SampleColumns columns;
      REQUIRE((*selection)->Read(s, TimeRange::All(), &columns).ok());
      count += columns.size() + columns.histograms.size();
    }
    CHECK(count == 2 * kWriters * kBatches);
    CHECK(database->NewQuerier()->Volume({}, TimeRange::All())->entries == kWriters * kBatches);
  }
}

}  // namespace varve::storage
