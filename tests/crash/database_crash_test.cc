// Power cuts at every kind of moment: a database under random writes, flushes and compactions dies
// at some operation; whatever legal state the disk is left in, it opens and has all that it
// acknowledged.
//
// VARVE_CRASH_STATES sets how many states are tried (20,000), VARVE_CRASH_SEED the first seed.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "storage/database.h"
#include "storage/io/clock.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/acknowledged_writes.h"
#include "tests/support/text_entry_filter.h"

namespace varve::storage {
namespace {

constexpr int64_t kNowMs = 1'795'219'200'000;  // midnight, so that late samples reach two days
constexpr int kStatesPerCrash = 25;

uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

StorageOptions Options(SimulatedFileSystem* files, Clock* clock) {
  StorageOptions options;
  options.path = "data";
  options.files = files;
  options.clock = clock;
  options.background = false;
  options.compile_entry_filter = TextEntryFilter::Compile;
  options.wal_segment_bytes = 2'000;  // several segments in a short life
  return options;
}

// Lives until the power goes: opens, writes, flushes, merges, reopens.
void Live(SimulatedFileSystem* files, Clock* clock, AcknowledgedWrites* writes,
          std::mt19937* random) {
  for (int life = 0; life < 3 && !files->crashed(); ++life) {
    auto database = Database::Open(Options(files, clock));
    if (!database.ok()) return;
    for (int step = 0; step < 14 && !files->crashed(); ++step) {
      switch ((*random)() % 12) {
        case 0:
          (*database)->Flush().IgnoreError();
          break;
        case 1:
          (*database)->CompactAll().IgnoreError();
          break;
        case 2:
          if ((*random)() % 3 == 0) (*database)->CleanDeletions().IgnoreError();
          writes->DeleteRandom(database->get(), kNowMs, random).IgnoreError();
          break;
        case 3:
        case 4:
          writes->SendRandomLogs(database->get(), kNowMs, random).IgnoreError();
          break;
        case 5:
        case 6:
        case 7:
          writes->SendRandomHistograms(database->get(), kNowMs, random).IgnoreError();
          break;
        default:
          writes->SendRandomMetrics(database->get(), kNowMs, random).IgnoreError();
      }
    }
    if ((*random)() % 2 == 0) (*database)->Close().IgnoreError();
  }
}

struct Outcome {
  uint64_t states = 0;
  uint64_t acknowledged = 0;
  uint64_t failed_to_open = 0;
  uint64_t unclean = 0;
  std::string first_problem;
};

void Check(SimulatedFileSystem* files, Clock* clock, const AcknowledgedWrites& writes,
           const std::string& where, Outcome* outcome) {
  ++outcome->states;
  const auto note = [&](uint64_t* counter, const std::string& problem) {
    ++*counter;
    if (outcome->first_problem.empty()) outcome->first_problem = where + ": " + problem;
  };
  auto database = Database::Open(Options(files, clock));
  if (!database.ok()) return note(&outcome->failed_to_open, database.status().ToString());
  auto audit = writes.Audit(**database);
  if (!audit.ok()) return note(&outcome->unclean, audit.status().ToString());
  if (!audit->clean()) return note(&outcome->unclean, audit->first_problem);
  outcome->acknowledged += writes.acknowledged();
}

// One life that ends at a random operation, and several states its disk may be left in. Some of
// them lose power again while the database recovers.
void CrashOnce(uint64_t seed, Outcome* outcome) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  FakeClock clock(kNowMs);
  SimulatedFileSystem files;
  AcknowledgedWrites writes;
  files.CrashAtOperation(1 + random() % 260);
  Live(&files, &clock, &writes, &random);
  for (int state = 0; state < kStatesPerCrash; ++state) {
    const std::string where = "seed " + std::to_string(seed) + " state " + std::to_string(state);
    constexpr CrashMode kModes[] = {CrashMode::kDropUnsynced, CrashMode::kKeepAll,
                                    CrashMode::kKeepNamesDropData};
    const CrashMode mode = state < 3 ? kModes[state] : CrashMode::kRandom;
    auto after = files.CrashState(random(), mode);
    if (state % 4 == 3) {
      after->CrashAtOperation(1 + random() % 12);
      Database::Open(Options(after.get(), &clock)).status().IgnoreError();
      after = after->CrashState(random(), CrashMode::kRandom);
    }
    Check(after.get(), &clock, writes, where, outcome);
  }
}

}  // namespace

TEST_SUITE("crash/database") {
  TEST_CASE(
      "no crash state loses an acknowledged sample, histogram or entry or keeps the database from "
      "opening") {
    const uint64_t wanted = FromEnvironment("VARVE_CRASH_STATES", 20'000);
    const uint64_t first_seed = FromEnvironment(
        "VARVE_CRASH_SEED",
        static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count() /
                              1'000'000));
    Outcome outcome;
    for (uint64_t seed = first_seed; outcome.states < wanted; ++seed) CrashOnce(seed, &outcome);
    MESSAGE("first seed " << first_seed << ", crash states " << outcome.states
                          << ", acknowledged samples, histograms and entries checked "
                          << outcome.acknowledged << ", failed to open " << outcome.failed_to_open
                          << ", lost or altered in " << outcome.unclean);
    CHECK_MESSAGE(outcome.failed_to_open == 0, outcome.first_problem);
    CHECK_MESSAGE(outcome.unclean == 0, outcome.first_problem);
  }
}

}  // namespace varve::storage
