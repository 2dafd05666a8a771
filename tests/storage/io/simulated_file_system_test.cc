#include "storage/io/simulated_file_system.h"

#include <doctest/doctest.h>

#include <set>

namespace varve::storage {
namespace {

std::unique_ptr<WritableFile> Create(FileSystem* files, const std::string& path) {
  auto file = files->NewWritableFile(path);
  REQUIRE(file.ok());
  return std::move(*file);
}

}  // namespace

TEST_SUITE("storage/io/simulated_file_system") {
  TEST_CASE("what was synced survives every crash, and its name only with the directory") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("d").ok());
    const auto file = Create(&files, "d/a");
    REQUIRE(file->Append(std::string(1000, 'x')).ok());
    REQUIRE(file->Sync().ok());
    CHECK(files.CrashState(1, CrashMode::kDropUnsynced)->AllPaths().empty());
    REQUIRE(files.SyncDirectory("d").ok());
    REQUIRE(file->Append(std::string(1000, 'y')).ok());
    std::set<std::string> states;
    for (uint64_t seed = 0; seed < 200; ++seed) {
      const std::string content = files.CrashState(seed, CrashMode::kRandom)->Content("d/a");
      REQUIRE(content.size() >= 1000);
      REQUIRE(content.size() <= 2000);
      CHECK(content.substr(0, 1000) == std::string(1000, 'x'));
      CHECK(content.find_first_not_of(std::string("y\0", 2), 1000) == std::string::npos);
      states.insert(content);
    }
    CHECK(states.size() > 20);
    CHECK(files.CrashState(0, CrashMode::kDropUnsynced)->Content("d/a").size() == 1000);
    CHECK(files.CrashState(0, CrashMode::kKeepAll)->Content("d/a").size() == 2000);
  }

  TEST_CASE("an atomic write leaves the old or the new content at every crash") {
    for (uint64_t crash_at = 1;; ++crash_at) {
      SimulatedFileSystem files;
      REQUIRE(files.CreateDirectory("d").ok());
      files.SetContent("d/CURRENT", "old");
      files.CrashAtOperation(files.operation_count() + crash_at);
      const bool done = WriteFileAtomically(&files, "d/CURRENT", "new content").ok();
      for (uint64_t seed = 0; seed < 50; ++seed) {
        const std::string content =
            files.CrashState(seed, CrashMode::kRandom)->Content("d/CURRENT");
        CHECK((content == "new content" || (!done && content == "old")));
      }
      if (done) break;
    }
  }

  TEST_CASE("a failed sync loses pages that a later sync claims to have written") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("d").ok());
    const auto file = Create(&files, "d/a");
    REQUIRE(files.SyncDirectory("d").ok());
    REQUIRE(file->Append("lost").ok());
    files.InjectFault({.kind = FileOperation::kSync});
    CHECK(absl::IsUnavailable(file->Sync()));
    CHECK(file->Sync().ok());
    CHECK(files.syncs_after_failed_sync() == 1);
    CHECK(files.Content("d/a") == "lost");
    CHECK(files.CrashState(0, CrashMode::kDropUnsynced)->Content("d/a") == std::string(4, '\0'));
  }

  TEST_CASE("a full disk takes what fits, and more when there is room again") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("d").ok());
    files.SetCapacityBytes(10);
    const auto file = Create(&files, "d/a");
    CHECK(absl::IsResourceExhausted(file->Append("0123456789abc")));
    CHECK(files.Content("d/a") == "0123456789");
    CHECK(*files.FreeBytes("d") == 0);
    REQUIRE(files.RemoveFile("d/a").ok());
    CHECK(Create(&files, "d/b")->Append("0123").ok());
  }

  TEST_CASE("names unsynced in a directory are kept or lost in an order that can happen") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("d").ok());
    files.SetContent("d/a", "a");
    REQUIRE(files.RenameFile("d/a", "d/b").ok());
    REQUIRE(files.RenameFile("d/b", "d/c").ok());
    std::set<std::vector<std::string>> states;
    for (uint64_t seed = 0; seed < 100; ++seed) {
      states.insert(files.CrashState(seed, CrashMode::kRandom)->AllPaths());
    }
    CHECK(states == std::set<std::vector<std::string>>{{"d/a"}, {"d/b"}, {"d/c"}});
  }

  TEST_CASE("errors are the ones of the real file system") {
    SimulatedFileSystem files;
    CHECK(absl::IsNotFound(files.NewWritableFile("d/a").status()));
    REQUIRE(files.CreateDirectory("d/e").ok());
    CHECK(*files.ListDirectory("d") == std::vector<std::string>{"e"});
    REQUIRE(Create(&files, "d/a")->Append("abc").ok());
    CHECK(absl::IsAlreadyExists(files.NewWritableFile("./d//a").status()));
    CHECK(absl::IsNotFound(files.RemoveFile("d/missing")));
    std::string out;
    CHECK(absl::IsOutOfRange((*files.NewRandomAccessFile("d/a"))->Read(1, 3, &out)));
    REQUIRE(files.TruncateFile("d/a", 1).ok());
    CHECK(*files.ReadFile("d/a") == "a");
    const auto lock = files.LockDirectory("d");
    REQUIRE(lock.ok());
    CHECK(absl::IsFailedPrecondition(files.LockDirectory("d").status()));
    files.Crash();
    CHECK(absl::IsUnavailable(files.ReadFile("d/a").status()));
  }
}

}  // namespace varve::storage
