#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "absl/functional/function_ref.h"
#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs + kMillisecondsPerHour;  // not at the edge of a day

struct Fixture : DatabaseFixture {
  Fixture() { clock.Advance(kMillisecondsPerHour); }
};
using Names = std::vector<std::string>;

LabelSet Series(std::string_view job) { return LabelSet{{"__name__", "m"}, {"job", job}}; }
LabelSet Stream(std::string_view app) { return LabelSet{{"app", app}}; }
std::vector<Matcher> Job(std::string_view job) { return {Matcher::Equal("job", job)}; }

AppendResult Write(Database* database, std::string_view job, std::vector<Sample> samples,
                   std::vector<int64_t> starts_ms = {}, std::vector<Exemplar> exemplars = {}) {
  OwnedMetricBatch batch;
  batch.Add(Series(job), std::move(samples));
  if (!starts_ms.empty()) batch.SetStarts(std::move(starts_ms));
  if (!exemplars.empty()) batch.AddExemplars(std::move(exemplars));
  const AppendResult result = database->AppendMetrics(batch.Finish());
  REQUIRE(result.status.ok());
  return result;
}

void WriteLines(Database* database, std::string_view app,
                const std::vector<std::pair<int64_t, std::string>>& lines) {
  OwnedLogBatch batch;
  for (const auto& [time_ms, line] : lines) {
    batch.lines.push_back({Stream(app), (kNowMs + time_ms) * 1'000'000, line, {}});
  }
  REQUIRE(database->AppendLogs(batch.Finish()).status.ok());
}

// "job: offset=value/start .." for each series.
std::string Samples(const Database& database, TimeRange range_ms = TimeRange::All()) {
  std::string text;
  const auto selection = database.NewQuerier()->SelectMetrics({}, range_ms);
  REQUIRE(selection.ok());
  for (size_t s = 0; s < (*selection)->size(); ++s) {
    SampleColumns columns;
    REQUIRE((*selection)->Read(s, range_ms, &columns).ok());
    REQUIRE((*selection)->ReadStartTimestamps(s, range_ms, &columns).ok());
    text += std::string((*selection)->labels(s).Get("job")) + ":";
    for (size_t i = 0; i < columns.size(); ++i) {
      text += " " + std::to_string((*columns.timestamps_ms)[i] - kNowMs) + "=" +
              std::to_string(static_cast<int>(columns.values[i]));
      if (!columns.start_timestamps_ms.empty()) {
        text += "/" + std::to_string(columns.start_timestamps_ms[i] - kNowMs);
      }
    }
    text += "\n";
  }
  return text;
}

std::string Exemplars(const Database& database) {
  std::string text;
  const auto selected = database.NewQuerier()->SelectExemplars({}, TimeRange::All());
  REQUIRE(selected.ok());
  for (const SeriesExemplars& series : *selected) {
    text += std::string(series.labels.Get("job")) + ":";
    for (const Exemplar& one : series.exemplars) {
      text += " " + std::to_string(one.timestamp_ms - kNowMs);
    }
    text += "\n";
  }
  return text;
}

std::string Lines(const Database& database, Direction direction = Direction::kForward) {
  std::string text;
  const auto selection = database.NewQuerier()->SelectLogs({}, TimeRange::All());
  REQUIRE(selection.ok());
  for (size_t s = 0; s < (*selection)->size(); ++s) {
    text += std::string((*selection)->labels(s).Get("app")) + ":";
    LogReadOptions options;
    options.range_ns = TimeRange::All();
    options.direction = direction;
    const auto cursor = (*selection)->Open(s, options);
    REQUIRE(cursor.ok());
    LogColumns columns;
    while (*(*cursor)->Next(&columns)) {
      for (const std::string_view line : columns.lines) text += " " + std::string(line);
    }
    text += "\n";
  }
  return text;
}

Names Jobs(const Database& database, TimeRange range_ms = TimeRange::All()) {
  return *database.NewQuerier()->MetricLabelValues("job", {}, range_ms);
}

// Runs `check` now and after each thing that moves data: restart, flush, merge, rewrite.
void Everywhere(Fixture* fixture, std::unique_ptr<Database>* database,
                absl::FunctionRef<void(std::string_view when)> check) {
  check("at once");
  database->reset();  // as a crash
  *database = fixture->Open();
  check("after a crash");
  REQUIRE((*database)->Flush().ok());
  check("after a flush");
  REQUIRE((*database)->CompactAll().ok());
  check("after compaction");
  REQUIRE((*database)->CleanDeletions().ok());
  check("after the rewrite");
  CHECK((*database)->Stats().deletion_masks == 0);
  REQUIRE((*database)->Close().ok());
  *database = fixture->Open();
  check("after a restart");
}

}  // namespace

TEST_SUITE("storage/deletion") {
  TEST_CASE("samples, start timestamps and exemplars of a range go, in heads and in parts") {
    for (const bool flushed : {false, true}) {
      CAPTURE(flushed);
      Fixture fixture;
      auto database = fixture.Open();
      Write(database.get(), "a", {{kNowMs, 1}, {kNowMs + 10, 2}, {kNowMs + 20, 3}},
            {kNowMs - 1, kNowMs - 1, kNowMs + 15},
            {{kNowMs, 1, {}}, {kNowMs + 10, 1, {}}, {kNowMs + 19, 1, {}}, {kNowMs + 20, 1, {}}});
      Write(database.get(), "b", {{kNowMs + 10, 5}}, {}, {{kNowMs + 10, 1, {}}});
      if (flushed) REQUIRE(database->Flush().ok());
      REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {kNowMs + 5, kNowMs + 20}).ok());
      CHECK(database->Stats().deletion_masks == 1);
      Everywhere(&fixture, &database, [&](std::string_view when) {
        CAPTURE(std::string(when));
        CHECK(Samples(*database) == "a: 0=1/-1 20=3/15\nb: 10=5\n");
        CHECK(Exemplars(*database) == "a: 0 20\nb: 10\n");
        CHECK(Jobs(*database) == Names{"a", "b"});
        // While it is masked, a series of which nothing is left in the range is not of the range.
        if (database->Stats().deletion_masks > 0) {
          CHECK(Samples(*database, {kNowMs + 5, kNowMs + 15}) == "b: 10=5\n");
        }
      });
    }
  }

  TEST_CASE("a series of which everything is deleted is gone from labels and selections") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}, {kNowMs + 10, 2}}, {}, {{kNowMs, 1, {}}});
    REQUIRE(database->Flush().ok());
    Write(database.get(), "a", {{kNowMs + 20, 3}});
    Write(database.get(), "b", {{kNowMs, 5}});
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    Everywhere(&fixture, &database, [&](std::string_view when) {
      CAPTURE(std::string(when));
      CHECK(Samples(*database) == "b: 0=5\n");
      CHECK(Exemplars(*database) == "");
      CHECK(Jobs(*database) == Names{"b"});
      CHECK(*database->NewQuerier()->MetricLabelValues("job", {Matcher::Equal("__name__", "m")},
                                                       TimeRange::All()) == Names{"b"});
      CHECK(database->NewQuerier()->MetricLabelNames(Job("a"), TimeRange::All())->empty());
    });
    // And so is one in pieces: each sample by a delete of its own.
    for (const int64_t at : {0, 1, 2}) Write(database.get(), "c", {{kNowMs + at, 1}});
    for (const int64_t at : {0, 2, 1}) {
      REQUIRE(database->Delete(Signal::kMetrics, Job("c"), {kNowMs + at, kNowMs + at + 1}).ok());
    }
    CHECK(Jobs(*database) == Names{"b"});
    REQUIRE(database->Delete(Signal::kMetrics, {}, TimeRange::All()).ok());
    REQUIRE(database->CleanDeletions().ok());
    CHECK(Samples(*database) == "");
    CHECK(fixture.PartFiles() == 0);
  }

  TEST_CASE("what is written after a delete stays, whatever its timestamp, the same samples too") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}, {kNowMs + 10, 2}}, {kNowMs - 1, kNowMs - 1},
          {{kNowMs, 1, {}}});
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    CHECK(Samples(*database) == "");
    // The newest one again, as a sender does that has not heard; an older one; another value.
    CHECK(
        Write(database.get(), "a", {{kNowMs + 10, 2}}, {kNowMs - 1}, {{kNowMs, 1, {}}}).accepted ==
        1);
    CHECK(Write(database.get(), "a", {{kNowMs, 7}, {kNowMs + 5, 8}}).accepted == 2);
    const auto check = [&](std::string_view when) {
      CAPTURE(std::string(when));
      CHECK(Samples(*database) ==
            "a: 0=7/-" + std::to_string(kNowMs) + " 5=8/-" + std::to_string(kNowMs) + " 10=2/-1\n");
      CHECK(Exemplars(*database) == "a: 0\n");
    };
    Everywhere(&fixture, &database, check);
    // A second delete hides what the first one let through, and nothing later.
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {kNowMs, kNowMs + 6}).ok());
    Write(database.get(), "a", {{kNowMs + 5, 9}});
    Everywhere(&fixture, &database, [&](std::string_view when) {
      CAPTURE(std::string(when));
      CHECK(Samples(*database) == "a: 5=9/-" + std::to_string(kNowMs) + " 10=2/-1\n");
    });
  }

  TEST_CASE("a series whose newest sample is deleted takes it again, older ones beside it or not") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs + 10, 2}});
    REQUIRE(database->Flush().ok());
    Write(database.get(), "a", {{kNowMs + 5, 1}});  // in the head alone, and not deleted
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {kNowMs + 10, kNowMs + 11}).ok());
    CHECK(Samples(*database) == "a: 5=1\n");
    CHECK(Write(database.get(), "a", {{kNowMs + 5, 9}}).rejected == 1);
    CHECK(Write(database.get(), "a", {{kNowMs + 10, 2}}).accepted == 1);
    Everywhere(&fixture, &database, [&](std::string_view when) {
      CAPTURE(std::string(when));
      CHECK(Samples(*database) == "a: 5=1 10=2\n");
    });
  }

  TEST_CASE("native histograms go with the samples, and come again") {
    Fixture fixture;
    auto database = fixture.Open();
    const auto write = [&](int64_t time_ms, double count) {
      Histogram histogram;
      histogram.positive_spans = {{0, 1}};
      histogram.positive_counts = {count};
      histogram.count = count;
      OwnedMetricBatch batch;
      batch.AddHistograms(Series("a"), {{kNowMs + time_ms, 0, histogram}});
      const AppendResult result = database->AppendMetrics(batch.Finish());
      REQUIRE(result.status.ok());
      return result.histograms_accepted;
    };
    const auto counts = [&] {
      std::string text;
      const auto selection = database->NewQuerier()->SelectMetrics({}, TimeRange::All());
      REQUIRE(selection.ok());
      for (size_t s = 0; s < (*selection)->size(); ++s) {
        SampleColumns columns;
        REQUIRE((*selection)->Read(s, TimeRange::All(), &columns).ok());
        for (size_t i = 0; i < columns.histograms.size(); ++i) {
          text += std::to_string(columns.histogram_timestamps_ms[i] - kNowMs) + "=" +
                  std::to_string(static_cast<int>(columns.histograms[i]->count)) + " ";
        }
      }
      return text;
    };
    for (const int64_t at : {0, 10, 20, 30}) CHECK(write(at, 1 + static_cast<double>(at)) == 1);
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {kNowMs + 10, kNowMs + 11}).ok());
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {kNowMs + 25, kNowMs + 31}).ok());
    Everywhere(&fixture, &database, [&](std::string_view when) {
      CAPTURE(std::string(when));
      CHECK(counts() == "0=1 20=21 ");
    });
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    CHECK(Jobs(*database).empty());
    CHECK(write(20, 21) == 1);  // the newest one, once more
    Everywhere(&fixture, &database, [&](std::string_view when) {
      CAPTURE(std::string(when));
      CHECK(counts() == "20=21 ");
      CHECK(Jobs(*database) == Names{"a"});
    });
  }

  TEST_CASE("log entries of a range go, in selections, labels and volumes") {
    for (const bool flushed : {false, true}) {
      CAPTURE(flushed);
      Fixture fixture;
      auto database = fixture.Open();
      WriteLines(database.get(), "x", {{0, "x0"}, {10, "x1"}, {20, "x2"}, {30, "x3"}});
      WriteLines(database.get(), "y", {{10, "y1"}});
      WriteLines(database.get(), "z", {{0, "z0"}, {40, "z4"}});
      if (flushed) REQUIRE(database->Flush().ok());
      const auto at = [](int64_t time_ms) { return (kNowMs + time_ms) * 1'000'000; };
      const std::vector<Matcher> xy = {Matcher::Create(MatchType::kRegex, "app", "x|y").value()};
      REQUIRE(database->Delete(Signal::kLogs, xy, {at(10), at(20) + 1}).ok());
      const std::vector<Matcher> z = {Matcher::Equal("app", "z")};
      REQUIRE(database->Delete(Signal::kLogs, z, {at(0), at(1)}).ok());
      REQUIRE(database->Delete(Signal::kLogs, z, {at(40), at(41)}).ok());
      WriteLines(database.get(), "y", {{15, "new"}});
      Everywhere(&fixture, &database, [&](std::string_view when) {
        CAPTURE(std::string(when));
        CHECK(Lines(*database) == "x: x0 x3\ny: new\n");
        CHECK(Lines(*database, Direction::kBackward) == "x: x3 x0\ny: new\n");
        const auto querier = database->NewQuerier();
        CHECK(*querier->LogLabelValues("app", {}, TimeRange::All()) == Names{"x", "y"});
        CHECK(querier->LogLabelNames(z, TimeRange::All())->empty());
        CHECK(querier->Volume({}, TimeRange::All())->streams == 2);
        CHECK(querier->Volume(z, TimeRange::All())->entries == 0);
        CHECK(querier->Volume({}, {at(10), at(20)})->streams <= 2);
      });
      CHECK(database->NewQuerier()->Volume({}, TimeRange::All())->entries == 3);
    }
  }

  TEST_CASE("deletes of one signal leave the other alone, and what matches nothing costs nothing") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}});
    WriteLines(database.get(), "x", {{0, "x0"}});
    REQUIRE(database->Flush().ok());
    REQUIRE(
        database->Delete(Signal::kMetrics, {Matcher::Equal("app", "x")}, TimeRange::All()).ok());
    REQUIRE(database->Delete(Signal::kLogs, Job("a"), TimeRange::All()).ok());
    REQUIRE(database->Delete(Signal::kMetrics, {}, {kNowMs + 1, kNowMs + 1}).ok());
    REQUIRE(database->Delete(Signal::kMetrics, {}, {kNowMs + 1, kNowMs + 2}).ok());
    CHECK(Samples(*database) == "a: 0=1\n");
    CHECK(Lines(*database) == "x: x0\n");
    CHECK(database->Stats().deletion_masks == 2);  // of parts of that time, though of no series
    const uint64_t compactions = database->Stats().compactions_total;
    REQUIRE(database->CleanDeletions().ok());
    CHECK(database->Stats().deletion_masks == 0);
    CHECK(database->Stats().compactions_total == compactions);  // nothing had to be rewritten
  }

  TEST_CASE("a delete flushes only when the heads have something to hide") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}});
    REQUIRE(database->Flush().ok());
    Write(database.get(), "b", {{kNowMs + 5, 1}});
    const uint64_t flushes = database->Stats().flushes_total;
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    REQUIRE(database->Delete(Signal::kMetrics, Job("b"), {0, kNowMs}).ok());
    CHECK(database->Stats().flushes_total == flushes);
    CHECK(Samples(*database) == "b: 5=1\n");
    REQUIRE(database->Delete(Signal::kMetrics, Job("b"), TimeRange::All()).ok());
    CHECK(database->Stats().flushes_total == flushes + 1);
    CHECK(Samples(*database) == "");
  }

  TEST_CASE("WAL segments that a flush could not remove do not bring deleted samples back") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}});
    InjectedFault fault;
    fault.kind = FileOperation::kRemove;
    fault.path_contains = ".wal";
    fixture.files.InjectFault(fault);
    CHECK_FALSE(database->Flush().ok());  // the part is there, and so is the segment
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    CHECK(Samples(*database) == "");
    const auto after = fixture.files.CrashState(1, CrashMode::kDropUnsynced);
    StorageOptions options = fixture.Options();
    options.files = after.get();
    const auto reopened = Database::Open(options);
    REQUIRE(reopened.ok());
    CHECK(Samples(**reopened) == "");
  }

  TEST_CASE("a mask goes when nothing older than it is left, by compaction or by retention") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}});
    Write(database.get(), "b", {{kNowMs, 1}});
    REQUIRE(database->Flush().ok());
    Write(database.get(), "b", {{kNowMs + 1, 1}});
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    CHECK(database->Stats().deletion_masks == 1);
    REQUIRE(database->CompactAll().ok());
    CHECK(database->Stats().deletion_masks == 0);
    REQUIRE(database->Delete(Signal::kMetrics, Job("b"), {kNowMs, kNowMs + 1}).ok());
    CHECK(database->Stats().deletion_masks == 1);
    fixture.clock.Advance(32 * kMillisecondsPerDay);
    REQUIRE(database->Maintain().ok());
    CHECK(database->Stats().deletion_masks == 0);
    // Ids start anew then, and nothing is hidden that should not be.
    Write(database.get(), "a", {{fixture.clock.NowMs(), 1}});
    REQUIRE(database->Flush().ok());
    CHECK(Jobs(*database) == Names{"a"});
  }

  TEST_CASE("part ids that a mask knows are not given out again") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs - 20 * kMillisecondsPerDay, 1}});
    REQUIRE(database->Flush().ok());
    Write(database.get(), "a", {{kNowMs - 25 * kMillisecondsPerDay, 1}});
    REQUIRE(database->Flush().ok());
    REQUIRE(database->Delete(Signal::kMetrics, Job("a"), TimeRange::All()).ok());
    fixture.clock.Advance(6 * kMillisecondsPerDay);
    REQUIRE(database->Maintain().ok());  // the part with the highest id expires
    CHECK(database->Stats().metric_parts == 1);
    REQUIRE(database->Close().ok());
    database = fixture.Open();
    CHECK(database->Stats().deletion_masks == 1);
    Write(database.get(), "a", {{kNowMs - 20 * kMillisecondsPerDay, 2}});
    REQUIRE(database->Flush().ok());
    CHECK(Samples(*database) == "a: " + std::to_string(-20 * kMillisecondsPerDay) + "=2\n");
  }

  TEST_CASE("equal deletes make one mask, and very many are made physical") {
    Fixture fixture;
    auto database = fixture.Open();
    Write(database.get(), "a", {{kNowMs, 1}, {kNowMs + 5000, 1}});
    for (int i = 0; i < 5; ++i) {
      REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {kNowMs, kNowMs + 1}).ok());
    }
    CHECK(database->Stats().deletion_masks == 1);
    for (size_t i = 0; i < kDeletionMasksMax + 10; ++i) {
      const int64_t at = kNowMs + static_cast<int64_t>(i);
      REQUIRE(database->Delete(Signal::kMetrics, Job("a"), {at, at + 1}).ok());
      CHECK(database->Stats().deletion_masks <= kDeletionMasksMax);
    }
    CHECK(Samples(*database) == "a: 5000=1\n");
  }

  TEST_CASE("a model and the database agree after any sequence of writes and deletes") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int life = 0; life < 25; ++life) {
      Fixture fixture;
      auto database = fixture.Open();
      std::map<std::string, std::map<int64_t, int>> series;
      std::map<std::string, std::map<int64_t, std::string>> streams;
      for (int step = 0; step < 60; ++step) {
        const std::string name(1, static_cast<char>('a' + random() % 3));
        const auto at = static_cast<int64_t>(random() % 40);
        const auto length = static_cast<int64_t>(random() % 20);
        switch (random() % 8) {
          case 0: {
            REQUIRE(
                database->Delete(Signal::kMetrics, Job(name), {kNowMs + at, kNowMs + at + length})
                    .ok());
            auto& samples = series[name];
            samples.erase(samples.lower_bound(at), samples.lower_bound(at + length));
            break;
          }
          case 1: {
            REQUIRE(database
                        ->Delete(Signal::kLogs, {Matcher::Equal("app", name)},
                                 {(kNowMs + at) * 1'000'000, (kNowMs + at + length) * 1'000'000})
                        .ok());
            auto& lines = streams[name];
            lines.erase(lines.lower_bound(at), lines.lower_bound(at + length));
            break;
          }
          case 2:
          case 3: {
            if (streams[name].contains(at)) break;
            const std::string line = "l" + std::to_string(step);
            WriteLines(database.get(), name, {{at, line}});
            streams[name][at] = line;
            break;
          }
          default: {
            // The first value stays, as in conflict_test.
            if (Write(database.get(), name, {{kNowMs + at, static_cast<double>(step)}}).accepted ==
                1) {
              series[name].emplace(at, step);
            }
          }
        }
        if (random() % 6 == 0) REQUIRE(database->Flush().ok());
        if (random() % 15 == 0) REQUIRE(database->CompactAll().ok());
        if (random() % 20 == 0) REQUIRE(database->CleanDeletions().ok());
        if (random() % 12 == 0) {
          database.reset();
          database = fixture.Open();
        }
        std::string samples;
        for (const auto& [job, values] : series) {
          if (values.empty()) continue;
          samples += job + ":";
          for (const auto& [time, value] : values) {
            samples += " " + std::to_string(time) + "=" + std::to_string(value);
          }
          samples += "\n";
        }
        REQUIRE(Samples(*database) == samples);
        std::string lines;
        for (const auto& [app, texts] : streams) {
          if (texts.empty()) continue;
          lines += app + ":";
          for (const auto& [time, text] : texts) lines += " " + text;
          lines += "\n";
        }
        REQUIRE(Lines(*database) == lines);
        REQUIRE(Lines(*database, Direction::kBackward).size() == lines.size());
      }
    }
  }
}

}  // namespace varve::storage
