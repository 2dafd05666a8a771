#include "storage/exemplar_store.h"

#include <doctest/doctest.h>

#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs;

LabelSet Bucket(std::string_view job) { return LabelSet{{"__name__", "b_bucket"}, {"job", job}}; }
LabelSet Trace(std::string_view id) { return LabelSet{{"trace_id", id}}; }

AppendResult Write(Database* database, const LabelSet& series, std::vector<Exemplar> exemplars) {
  OwnedMetricBatch batch;
  batch.Add(series, {});  // as Prometheus sends them: in a series of their own
  batch.AddExemplars(std::move(exemplars));
  return database->AppendMetrics(batch.Finish());
}

std::vector<SeriesExemplars> Select(const Database& database, TimeRange range_ms,
                                    const std::vector<Matcher>& matchers = {}) {
  auto selected = database.NewQuerier()->SelectExemplars(matchers, range_ms);
  REQUIRE_MESSAGE(selected.ok(), selected.status().ToString());
  return *std::move(selected);
}

std::string Text(const std::vector<SeriesExemplars>& selected) {
  std::string text;
  for (const SeriesExemplars& series : selected) {
    text += series.labels.Get("job");
    for (const Exemplar& exemplar : series.exemplars) {
      text += " " + std::to_string(exemplar.timestamp_ms - kNowMs) + "=" +
              std::to_string(static_cast<int>(exemplar.value)) + exemplar.labels.ToString();
    }
    text += "\n";
  }
  return text;
}

}  // namespace

TEST_SUITE("storage/exemplar_store") {
  TEST_CASE("exemplars come back from the head, from parts, merged and after a restart") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    CHECK(Write(database.get(), Bucket("b"), {{kNowMs, 1, Trace("x")}}).exemplars_accepted == 1);
    CHECK(Write(database.get(), Bucket("a"), {{kNowMs, 2, Trace("y")}, {kNowMs + 5, 3, {}}})
              .exemplars_accepted == 2);
    const auto check = [&] {
      CHECK(Text(Select(*database, TimeRange::All())) ==
            "a 0=2{trace_id=\"y\"} 5=3{}\nb 0=1{trace_id=\"x\"}\n");
      CHECK(Text(Select(*database, {kNowMs + 1, kNowMs + 6})) == "a 5=3{}\n");
      CHECK(Text(Select(*database, {kNowMs + 1, kNowMs + 5})) == "");
      CHECK(Text(Select(*database, TimeRange::All(), {Matcher::Equal("job", "b")})) ==
            "b 0=1{trace_id=\"x\"}\n");
    };
    check();
    database.reset();  // as a crash
    database = fixture.Open();
    check();
    REQUIRE(database->Flush().ok());
    CHECK(database->Stats().exemplar_parts == 1);
    check();
    // Late, and again, and of the day before.
    Write(database.get(), Bucket("b"),
          {{kNowMs - 1000, 4, Trace("z")}, {kNowMs, 1, Trace("x")}, {kNowMs, 1, Trace("w")}});
    const auto check_all = [&] {
      CHECK(Text(Select(*database, TimeRange::All(), {Matcher::Equal("job", "b")})) ==
            "b -1000=4{trace_id=\"z\"} 0=1{trace_id=\"x\"} 0=1{trace_id=\"w\"}\n");
    };
    check_all();
    REQUIRE(database->CompactAll().ok());
    check_all();
    CHECK(database->Stats().exemplar_parts == 2);
    REQUIRE(database->Close().ok());
    database = fixture.Open();
    check_all();
  }

  TEST_CASE("an exemplar that is sent with every scrape is stored once") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    for (int i = 0; i < 50; ++i) {
      const AppendResult result = Write(database.get(), Bucket("a"), {{kNowMs, 1, Trace("x")}});
      CHECK(result.status.ok());
      CHECK(result.exemplars_accepted == 1);
    }
    CHECK(database->Stats().head_exemplars == 1);
    CHECK(Text(Select(*database, TimeRange::All())) == "a 0=1{trace_id=\"x\"}\n");
    REQUIRE(database->Flush().ok());
    Write(database.get(), Bucket("a"), {{kNowMs, 1, Trace("x")}});
    CHECK(Text(Select(*database, TimeRange::All())) == "a 0=1{trace_id=\"x\"}\n");
  }

  TEST_CASE("labels that are too long and times that are not accepted cost that exemplar alone") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    const std::string fits(kExemplarLabelRunesMax - 1, 'v');
    std::string umlauts;  // as many characters, twice the bytes
    for (size_t i = 0; i + 1 < kExemplarLabelRunesMax; ++i) umlauts += "\xc3\xa4";
    const AppendResult result = Write(database.get(), Bucket("a"),
                                      {{kNowMs, 1, LabelSet{{"k", fits}}},
                                       {kNowMs, 2, LabelSet{{"kk", fits}}},
                                       {kNowMs, 3, LabelSet{{"k", umlauts}}},
                                       {kNowMs - 31 * kMillisecondsPerDay, 4, {}},
                                       {kNowMs - 29 * kMillisecondsPerDay, 5, {}},
                                       {kNowMs + kMillisecondsPerHour, 6, {}}});
    CHECK(result.status.ok());
    CHECK(result.exemplars_accepted == 3);
    CHECK(result.rejected == 0);
    CHECK(result.rejections.empty());
    CHECK(database->Stats().exemplars_rejected_total == 3);
    const auto selected = Select(*database, TimeRange::All());
    REQUIRE(selected.size() == 1);
    REQUIRE(selected[0].exemplars.size() == 3);
    CHECK(selected[0].exemplars[0].value == 5);
    CHECK(selected[0].exemplars[2].labels.Get("k") == umlauts);
  }

  TEST_CASE("exemplars are durable when acknowledged, and gone with the retention") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    REQUIRE(Write(database.get(), Bucket("a"), {{kNowMs, 1, Trace("x")}}).status.ok());
    const auto after = fixture.files.CrashState(1, CrashMode::kDropUnsynced);
    StorageOptions options = fixture.Options();
    options.files = after.get();
    auto reopened = Database::Open(options);
    REQUIRE(reopened.ok());
    CHECK(Text(Select(**reopened, TimeRange::All())) == "a 0=1{trace_id=\"x\"}\n");
    REQUIRE(database->Flush().ok());
    fixture.clock.Advance(32 * kMillisecondsPerDay);
    REQUIRE(database->Maintain().ok());
    CHECK(database->Stats().exemplar_parts == 0);
    CHECK(Select(*database, TimeRange::All()).empty());
  }
}

}  // namespace varve::storage
