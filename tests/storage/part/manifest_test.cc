#include "storage/part/manifest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "storage/io/crc32c.h"
#include "storage/io/simulated_file_system.h"

namespace varve::storage {
namespace {

using Parts = std::set<std::string>;

// A manifest with three edits, as bytes.
std::string ThreeEdits(SimulatedFileSystem* files) {
  REQUIRE(files->CreateDirectory("data").ok());
  auto manifest = Manifest::Open(files, "data");
  REQUIRE(manifest.ok());
  REQUIRE((*manifest)->Apply({{"a.part"}, {}}).ok());
  REQUIRE((*manifest)->Apply({{"b.part", "c.part"}, {}}).ok());
  REQUIRE((*manifest)->Apply({{"d.part"}, {"a.part", "b.part"}}).ok());
  return *files->ReadFile("data/MANIFEST");
}

}  // namespace

TEST_SUITE("storage/part/manifest") {
  TEST_CASE("edits come back after opening anew, in a fresh short manifest") {
    SimulatedFileSystem files;
    const std::string bytes = ThreeEdits(&files);
    auto reopened = Manifest::Open(&files, "data");
    REQUIRE(reopened.ok());
    CHECK((*reopened)->parts() == Parts{"c.part", "d.part"});
    CHECK_FALSE((*reopened)->was_damaged());
    CHECK(files.ReadFile("data/MANIFEST")->size() < bytes.size());
  }

  TEST_CASE("a manifest cut at any byte holds the edits whose lines are whole") {
    SimulatedFileSystem files;
    const std::string bytes = ThreeEdits(&files);
    for (size_t length = 0; length <= bytes.size(); ++length) {
      const auto contents = ParseManifest(std::string_view(bytes).substr(0, length));
      REQUIRE(contents.ok());
      const size_t lines = static_cast<size_t>(
          std::count(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length), '\n'));
      const Parts wanted[] = {
          {}, {}, {"a.part"}, {"a.part", "b.part", "c.part"}, {"c.part", "d.part"}};
      CHECK(contents->parts == wanted[lines]);
      CHECK(contents->damaged == (lines == 0));
    }
  }

  TEST_CASE("any flipped bit is noticed and costs at most its line and the next") {
    SimulatedFileSystem files;
    const std::string bytes = ThreeEdits(&files);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      const auto contents = ParseManifest(damaged);
      REQUIRE(contents.ok());
      const bool last_line_feed = bit / 8 == bytes.size() - 1;
      CHECK((contents->damaged || last_line_feed));
    }
  }

  TEST_CASE("another version is refused") {
    const std::string text = "varve-manifest 2";
    char checksum[9];
    std::snprintf(checksum, sizeof(checksum), "%08x", Crc32c(text, Crc32c("0")));
    const auto contents = ParseManifest(checksum + (" " + text + "\n"));
    CHECK(contents.status().code() == absl::StatusCode::kFailedPrecondition);
    CHECK(contents.status().message() == "cannot open manifest: version 2, want 1");
  }

  TEST_CASE("the golden manifest of version 1 reads as it always did") {
    std::ifstream file("tests/golden/manifest_v1/MANIFEST", std::ios::binary);
    std::stringstream golden;
    golden << file.rdbuf();
    REQUIRE_FALSE(golden.str().empty());
    const auto contents = ParseManifest(golden.str());
    REQUIRE(contents.ok());
    CHECK(contents->parts == Parts{"metrics-00000000000000000003.part"});
    CHECK_FALSE(contents->damaged);
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    auto manifest = Manifest::Open(&files, "data");
    REQUIRE(manifest.ok());
    const std::string part = "metrics-0000000000000000000";
    REQUIRE((*manifest)->Apply({{part + "1.part"}, {}}).ok());
    REQUIRE((*manifest)->Apply({{part + "2.part"}, {}}).ok());
    REQUIRE((*manifest)->Apply({{part + "3.part"}, {part + "1.part", part + "2.part"}}).ok());
    CHECK(*files.ReadFile("data/MANIFEST") == golden.str());
  }

  TEST_CASE("after an edit that failed the next one writes a fresh manifest") {
    SimulatedFileSystem files;
    ThreeEdits(&files);
    auto manifest = Manifest::Open(&files, "data");
    REQUIRE(manifest.ok());
    InjectedFault fault;
    fault.kind = FileOperation::kSync;
    files.InjectFault(fault);
    CHECK_FALSE((*manifest)->Apply({{"e.part"}, {}}).ok());
    CHECK((*manifest)->parts() == Parts{"c.part", "d.part"});
    REQUIRE((*manifest)->Apply({{"f.part"}, {"c.part"}}).ok());
    auto reopened = Manifest::Open(&files, "data");
    REQUIRE(reopened.ok());
    CHECK((*reopened)->parts() == Parts{"d.part", "f.part"});
  }
}

}  // namespace varve::storage
