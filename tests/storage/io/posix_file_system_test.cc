#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "storage/io/clock.h"
#include "storage/io/file_names.h"
#include "storage/io/file_system.h"

namespace varve::storage {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "varve-io-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string File(std::string_view name) const { return JoinPath(path_, name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

mode_t ModeOf(const std::string& path) {
  struct stat about = {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777;
}

}  // namespace

TEST_SUITE("storage/io/posix_file_system") {
  TEST_CASE("files are written, read, mapped, listed, renamed, cut and removed") {
    FileSystem* files = FileSystem::Posix();
    const TemporaryDirectory directory;
    REQUIRE(files->CreateDirectory(directory.File("a/b/")).ok());
    CHECK(files->CreateDirectory(directory.File("a/b")).ok());
    CHECK(ModeOf(directory.File("a")) == 0700);
    const std::string path = directory.File("a/b/file");
    {
      auto file = files->NewWritableFile(path);
      REQUIRE(file.ok());
      REQUIRE((*file)->Append("hello ").ok());
      REQUIRE((*file)->Append("world").ok());
      REQUIRE((*file)->Sync().ok());
      REQUIRE((*file)->Close().ok());
      CHECK(!(*file)->Close().ok());
      CHECK(!(*file)->Append("x").ok());
    }
    CHECK(ModeOf(path) == 0600);
    CHECK(absl::IsAlreadyExists(files->NewWritableFile(path).status()));
    auto file = files->NewRandomAccessFile(path);
    REQUIRE(file.ok());
    std::string out;
    REQUIRE((*file)->Read(6, 5, &out).ok());
    CHECK(out == "world");
    CHECK(absl::IsOutOfRange((*file)->Read(6, 6, &out)));
    CHECK((*file)->mapped() == "hello world");
    REQUIRE(files->RenameFile(path, directory.File("a/b/other")).ok());
    CHECK(*files->ListDirectory(directory.File("a/b")) == std::vector<std::string>{"other"});
    REQUIRE(files->TruncateFile(directory.File("a/b/other"), 5).ok());
    CHECK(*files->ReadFile(directory.File("a/b/other")) == "hello");
    CHECK(*files->FileSize(directory.File("a/b/other")) == 5);
    REQUIRE(files->RemoveFile(directory.File("a/b/other")).ok());
    CHECK(!*files->FileExists(directory.File("a/b/other")));
    CHECK(absl::IsNotFound(files->ReadFile(directory.File("a/b/other")).status()));
    CHECK(files->SyncDirectory(directory.path()).ok());
    CHECK(*files->FreeBytes(directory.path()) > 0);
  }

  TEST_CASE("an empty file maps to nothing and reads as nothing") {
    FileSystem* files = FileSystem::Posix();
    const TemporaryDirectory directory;
    REQUIRE(WriteFileAtomically(files, directory.File("empty"), "").ok());
    CHECK((*files->NewRandomAccessFile(directory.File("empty")))->mapped().empty());
    CHECK(files->ReadFile(directory.File("empty"))->empty());
  }

  TEST_CASE("an atomic write replaces a file and a temporary one left by a crash") {
    FileSystem* files = FileSystem::Posix();
    const TemporaryDirectory directory;
    REQUIRE(WriteFileAtomically(files, directory.File("f"), "one").ok());
    REQUIRE((*files->NewWritableFile(directory.File("f.tmp")))->Append("half").ok());
    REQUIRE(WriteFileAtomically(files, directory.File("f"), "two").ok());
    CHECK(*files->ReadFile(directory.File("f")) == "two");
    CHECK(*files->ListDirectory(directory.path()) == std::vector<std::string>{"f"});
  }

  TEST_CASE("a second process is refused at once and told who holds the directory") {
    FileSystem* files = FileSystem::Posix();
    const TemporaryDirectory directory;
    auto lock = files->LockDirectory(directory.path());
    REQUIRE(lock.ok());
    const std::string pid = std::to_string(::getpid());
    const pid_t child = ::fork();
    if (child == 0) {
      const absl::Status status = files->LockDirectory(directory.path()).status();
      const bool right = absl::IsFailedPrecondition(status) &&
                         std::string(status.message()).find("pid " + pid) != std::string::npos;
      ::_exit(right ? 0 : 1);
    }
    int exit_status = -1;
    REQUIRE(::waitpid(child, &exit_status, 0) == child);
    CHECK(exit_status == 0);
    lock->reset();
    CHECK(files->LockDirectory(directory.path()).ok());
  }
}

TEST_SUITE("storage/io/clock") {
  TEST_CASE("a fake clock stands still until it is moved") {
    FakeClock clock(1000);
    CHECK(clock.NowMs() == 1000);
    clock.Advance(5);
    clock.StepWallClock(-500);
    CHECK(clock.NowMs() == 505);
    CHECK(clock.MonotonicMs() == 5);
    CHECK(Clock::System()->NowMs() > 1'600'000'000'000);
  }
}

}  // namespace varve::storage
