#include "storage/snapshot.h"

#include <doctest/doctest.h>

#include <random>

#include "storage/database.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/database_fixture.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = kFixtureNowMs;
constexpr char kSnapshot[] = "data/snapshots/one";

void CheckClean(const AcknowledgedWrites& writes, const Database& database) {
  const auto audit = writes.Audit(database);
  REQUIRE_MESSAGE(audit.ok(), audit.status().ToString());
  CHECK_MESSAGE(audit->clean(), audit->first_problem);
}

void Fill(Database* database, AcknowledgedWrites* writes, std::mt19937* random) {
  for (int i = 0; i < 20; ++i) {
    REQUIRE(writes->SendRandomMetrics(database, kNowMs, random).ok());
    REQUIRE(writes->SendRandomLogs(database, kNowMs, random).ok());
    if (i == 12) REQUIRE(database->Flush().ok());
  }
}

std::unique_ptr<Database> OpenSnapshot(DatabaseFixture* fixture, FileSystem* files) {
  StorageOptions options = fixture->Options();
  options.path = kSnapshot;
  options.files = files;
  return fixture->Open(options);
}

}  // namespace

TEST_SUITE("storage/snapshot") {
  TEST_CASE("a snapshot opens with everything of its moment, and is a database of its own") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    DatabaseFixture fixture;
    auto database = fixture.Open();
    AcknowledgedWrites writes;
    Fill(database.get(), &writes, &random);
    REQUIRE(database->Snapshot(kSnapshot, false).ok());
    const AcknowledgedWrites then = writes;
    REQUIRE(writes.SendRandomMetrics(database.get(), kNowMs, &random).ok());
    REQUIRE(database->CompactAll().ok());  // the linked files of the database go
    auto snapshot = OpenSnapshot(&fixture, &fixture.files);
    CheckClean(then, *snapshot);
    CheckClean(writes, *database);
    AcknowledgedWrites more = then;
    REQUIRE(more.SendRandomLogs(snapshot.get(), kNowMs, &random).ok());
    REQUIRE(snapshot->CompactAll().ok());
    CheckClean(more, *snapshot);
    CheckClean(writes, *database);
  }

  TEST_CASE("without the heads it has what is in parts") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    OwnedMetricBatch batch;
    batch.Add(LabelSet{{"__name__", "up"}}, {{kNowMs, 1}});
    REQUIRE(database->AppendMetrics(batch.Finish()).accepted == 1);
    REQUIRE(database->Snapshot(kSnapshot, true).ok());
    CHECK(database->Stats().head_samples == 1);
    auto snapshot = OpenSnapshot(&fixture, &fixture.files);
    CHECK(snapshot->NewQuerier()->SelectMetrics({}, TimeRange::All()).value()->size() == 0);
  }

  TEST_CASE("it takes the masks and the metadata along") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    OwnedMetricBatch batch;
    batch.Add(LabelSet{{"__name__", "up"}}, {{kNowMs, 1}, {kNowMs + 1, 2}});
    REQUIRE(database->AppendMetrics(batch.Finish()).accepted == 2);
    REQUIRE(database->Delete(Signal::kMetrics, {}, {kNowMs, kNowMs + 1}).ok());
    fixture.files.SetContent("data/METADATA", "help texts");
    REQUIRE(database->Snapshot(kSnapshot, false).ok());
    CHECK(fixture.files.Content(std::string(kSnapshot) + "/METADATA") == "help texts");
    auto snapshot = OpenSnapshot(&fixture, &fixture.files);
    CHECK(snapshot->Stats().deletion_masks == 1);
    const auto selection = snapshot->NewQuerier()->SelectMetrics({}, TimeRange::All()).value();
    REQUIRE(selection->size() == 1);
    SampleColumns columns;
    REQUIRE(selection->Read(0, TimeRange::All(), &columns).ok());
    CHECK(columns.values == std::vector<double>{2});
  }

  TEST_CASE("a folder that is there is left alone") {
    DatabaseFixture fixture;
    auto database = fixture.Open();
    REQUIRE(database->Snapshot(kSnapshot, false).ok());
    CHECK(absl::IsAlreadyExists(database->Snapshot(kSnapshot, false)));
    CHECK(absl::IsAlreadyExists(database->Snapshot("data", false)));
  }

  TEST_CASE("where files cannot be linked they are copied") {
    std::mt19937 random(3);
    DatabaseFixture fixture;
    auto database = fixture.Open();
    AcknowledgedWrites writes;
    Fill(database.get(), &writes, &random);
    InjectedFault fault;
    fault.kind = FileOperation::kLink;
    fault.count = 1000;
    fixture.files.InjectFault(fault);
    REQUIRE(database->Snapshot(kSnapshot, false).ok());
    fixture.files.ClearFaults();
    auto snapshot = OpenSnapshot(&fixture, &fixture.files);
    CheckClean(writes, *snapshot);
  }

  TEST_CASE("an error leaves no snapshot and nothing else, and the next try succeeds") {
    std::mt19937 random(3);
    DatabaseFixture fixture;
    auto database = fixture.Open();
    AcknowledgedWrites writes;
    Fill(database.get(), &writes, &random);
    REQUIRE(database->Flush().ok());
    const std::vector<std::string> before = fixture.files.AllPaths();
    for (const FileOperation kind : {FileOperation::kCreateDirectory, FileOperation::kRename,
                                     FileOperation::kRenameDirectory}) {
      InjectedFault fault;
      fault.kind = kind;
      fault.path_contains = "snapshots";
      fixture.files.InjectFault(fault);
      CHECK_FALSE(database->Snapshot(kSnapshot, true).ok());
      fixture.files.ClearFaults();
      CHECK(fixture.files.AllPaths() == before);
    }
    REQUIRE(database->Snapshot(kSnapshot, true).ok());
    CheckClean(writes, *OpenSnapshot(&fixture, &fixture.files));
  }

  TEST_CASE("after a power cut at any operation there is a whole snapshot or none") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    for (uint64_t crash_after = 1; crash_after < 200; ++crash_after) {
      std::mt19937 random(static_cast<uint32_t>(seed));
      DatabaseFixture fixture;
      AcknowledgedWrites writes;
      bool finished = false;
      {
        auto database = fixture.Open();
        Fill(database.get(), &writes, &random);
        fixture.files.CrashAtOperation(fixture.files.operation_count() + crash_after);
        finished = database->Snapshot(kSnapshot, false).ok();
      }
      for (const CrashMode mode :
           {CrashMode::kDropUnsynced, CrashMode::kKeepAll, CrashMode::kRandom}) {
        const auto after = fixture.files.CrashState(seed, mode);
        const bool exists = *after->FileExists(kSnapshot);
        CHECK((exists || !finished));
        if (exists) CheckClean(writes, *OpenSnapshot(&fixture, after.get()));
        // Whatever is left of it does not stand in the way of the next one.
        StorageOptions options = fixture.Options();
        options.files = after.get();
        auto database = fixture.Open(options);
        CheckClean(writes, *database);
        if (!exists) {
          REQUIRE(database->Snapshot(kSnapshot, false).ok());
          CheckClean(writes, *OpenSnapshot(&fixture, after.get()));
        }
      }
      if (finished) break;
    }
  }
}

}  // namespace varve::storage
