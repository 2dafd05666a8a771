#include "storage/free_space_guard.h"

#include <doctest/doctest.h>

#include <string>

#include "storage/io/simulated_file_system.h"

namespace varve::storage {
namespace {

TEST_SUITE("storage/free_space_guard") {
  TEST_CASE("refuses below the floor and looks again after a second") {
    SimulatedFileSystem files;
    FakeClock clock(0);
    FreeSpaceGuard guard(&files, &clock, "data", 100);
    files.SetCapacityBytes(100);
    CHECK(guard.Check().ok());
    files.SetCapacityBytes(99);
    CHECK(guard.Check().ok());  // not looked at yet
    clock.Advance(kFreeSpaceLookMs);
    CHECK(guard.Check().ToString() ==
          "RESOURCE_EXHAUSTED: cannot append: 99 bytes are free on the disk of data, want at least "
          "100");
    files.SetCapacityBytes(100);
    clock.Advance(kFreeSpaceLookMs);
    CHECK(guard.Check().ok());
  }

  TEST_CASE("who finds the disk full spares the others the attempt for a second") {
    SimulatedFileSystem files;
    FakeClock clock(0);
    FreeSpaceGuard guard(&files, &clock, "data", 0);
    files.SetCapacityBytes(0);
    CHECK(guard.Check().ok());
    guard.NoteFull();
    CHECK(guard.Check().ToString() ==
          "RESOURCE_EXHAUSTED: cannot append: the disk of data is full, want free space");
    clock.Advance(kFreeSpaceLookMs);
    CHECK(guard.Check().ok());
  }
}

}  // namespace
}  // namespace varve::storage
