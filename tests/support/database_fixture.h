// DatabaseFixture: a database on a simulated file system, with a clock that stands still.
//
// Threads:  one-thread.
// Owns:     the file system and the clock; databases it opened must die before it.
#ifndef TESTS_SUPPORT_DATABASE_FIXTURE_H_
#define TESTS_SUPPORT_DATABASE_FIXTURE_H_

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "storage/database.h"
#include "storage/io/clock.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/text_entry_filter.h"

namespace varve::storage {

inline constexpr int64_t kFixtureNowMs = 1'795'219'200'000;  // 2026-11-21T00:00:00Z

struct DatabaseFixture {
  SimulatedFileSystem files;
  FakeClock clock{kFixtureNowMs};

  StorageOptions Options() {
    StorageOptions options;
    options.path = "data";
    options.files = &files;
    options.clock = &clock;
    options.background = false;
    options.compile_entry_filter = TextEntryFilter::Compile;
    return options;
  }
  std::unique_ptr<Database> Open() { return Open(Options()); }
  std::unique_ptr<Database> Open(StorageOptions options) {
    auto database = Database::Open(std::move(options));
    REQUIRE_MESSAGE(database.ok(), database.status().ToString());
    return *std::move(database);
  }
  size_t PartFiles() {
    size_t count = 0;
    for (const std::string& path : files.AllPaths()) count += path.find(".part") != path.npos;
    return count;
  }
};

}  // namespace varve::storage

#endif  // TESTS_SUPPORT_DATABASE_FIXTURE_H_
