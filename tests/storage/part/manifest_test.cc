#include "storage/part/manifest.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "storage/io/crc32c.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

using Parts = std::vector<std::string>;

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

// The masks of the worked example in storage/docs/manifest_format.md.
DeletionMaskPtr Mask(uint64_t id) {
  auto mask = std::make_shared<DeletionMask>();
  mask->id = id;
  mask->parts_end = 3;
  if (id == 1) {
    mask->range = {0, 1000};
    mask->matchers.push_back(Matcher::Equal("job", "a b"));
  } else {
    mask->signal = Signal::kLogs;
    mask->range = TimeRange::All();
    mask->matchers.push_back(Matcher::Create(MatchType::kRegex, "app", "x.*|y").value());
    mask->matchers.push_back(Matcher::NotEqual("env", ""));
  }
  return mask;
}

}  // namespace

TEST_SUITE("storage/part/manifest") {
  TEST_CASE("edits come back after opening anew, in a fresh short manifest") {
    SimulatedFileSystem files;
    const std::string bytes = ThreeEdits(&files);
    auto reopened = Manifest::Open(&files, "data");
    REQUIRE(reopened.ok());
    CHECK((*reopened)->contents().parts == Parts{"d.part", "c.part"});
    CHECK_FALSE((*reopened)->was_damaged());
    CHECK(files.ReadFile("data/MANIFEST")->size() < bytes.size());
  }

  TEST_CASE("a manifest cut at any byte holds the edits whose lines are whole") {
    SimulatedFileSystem files;
    const std::string bytes = ThreeEdits(&files);
    for (size_t length = 0; length <= bytes.size(); ++length) {
      const auto contents = ParseManifest(std::string_view(bytes).substr(0, length));
      REQUIRE(contents.ok());
      // A line that only lacks its line feed says all it has to say.
      const auto end = bytes.begin() + static_cast<ptrdiff_t>(length);
      const size_t lines = static_cast<size_t>(std::count(bytes.begin(), end, '\n')) +
                           (length < bytes.size() && bytes[length] == '\n');
      const Parts wanted[] = {
          {}, {}, {"a.part"}, {"a.part", "b.part", "c.part"}, {"d.part", "c.part"}};
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
      CHECK(contents->damaged);
    }
  }

  TEST_CASE("a last line of which a sector never came to the disk is torn, one before it damage") {
    constexpr size_t kSectorBytes = 512;
    SimulatedFileSystem files;
    std::string bytes = ThreeEdits(&files);
    const size_t before = bytes.size();
    auto manifest = Manifest::Open(&files, "data");
    REQUIRE(manifest.ok());
    // Edits until one crosses the boundary of two sectors.
    size_t begin = 0, boundary = 0;
    Parts parts;
    for (int i = 0; boundary == 0; ++i) {
      parts = (*manifest)->contents().parts;
      begin = files.ReadFile("data/MANIFEST")->size();
      REQUIRE((*manifest)->Apply({{"part-" + std::to_string(i) + ".part"}, {}}).ok());
      bytes = *files.ReadFile("data/MANIFEST");
      const size_t next = (begin / kSectorBytes + 1) * kSectorBytes;
      if (next + 1 < bytes.size()) boundary = next;
    }
    REQUIRE(bytes.size() > before);
    std::string torn = bytes;
    std::fill(torn.begin() + static_cast<ptrdiff_t>(begin),
              torn.begin() + static_cast<ptrdiff_t>(boundary), '\0');
    auto contents = ParseManifest(torn);
    REQUIRE(contents.ok());
    CHECK_FALSE(contents->damaged);
    CHECK(contents->parts == parts);
    REQUIRE((*manifest)->Apply({{"last.part"}, {}}).ok());
    contents = ParseManifest(torn + files.ReadFile("data/MANIFEST")->substr(torn.size()));
    REQUIRE(contents.ok());
    CHECK(contents->damaged);
  }

  TEST_CASE("another version is refused") {
    const std::string text = "varve-manifest 4";
    char checksum[9];
    std::snprintf(checksum, sizeof(checksum), "%08x", Crc32c(text, Crc32c("0")));
    const auto contents = ParseManifest(checksum + (" " + text + "\n"));
    CHECK(contents.status().code() == absl::StatusCode::kFailedPrecondition);
    CHECK(contents.status().message() == "cannot open manifest: version 4, want 1 to 3");
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
  }

  TEST_CASE("the golden manifest of version 2 reads as it always did") {
    std::ifstream file("tests/golden/manifest_v2/MANIFEST", std::ios::binary);
    std::stringstream golden;
    golden << file.rdbuf();
    const auto contents = ParseManifest(golden.str());
    REQUIRE(contents.ok());
    CHECK(contents->parts == Parts{"metrics-00000000000000000003.part"});
    REQUIRE(contents->masks.size() == 1);
    CHECK(contents->masks[0]->id == 2);
    CHECK(contents->masks[0]->matchers == Mask(2)->matchers);
    CHECK(contents->masks[0]->filter.empty());
  }

  TEST_CASE("the golden manifest of version 3 is what we write") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    auto manifest = Manifest::Open(&files, "data");
    REQUIRE(manifest.ok());
    const std::string part = "metrics-0000000000000000000";
    REQUIRE((*manifest)->Apply({{part + "1.part"}, {}}).ok());
    REQUIRE((*manifest)->Apply({{part + "2.part"}, {}}).ok());
    REQUIRE((*manifest)->AddMask(Mask(1)).ok());
    REQUIRE((*manifest)->AddMask(Mask(2)).ok());
    REQUIRE((*manifest)->Apply({{part + "3.part"}, {part + "1.part", part + "2.part"}, {1}}).ok());
    auto filtered = std::make_shared<DeletionMask>(*Mask(2));
    filtered->id = 3;
    filtered->range = {0, 1000};
    filtered->parts_end = 4;
    filtered->filter = "{app=\"x\"} |= \"a b\"";
    REQUIRE((*manifest)->AddMask(filtered).ok());
    const std::string fresh = *files.ReadFile("data/MANIFEST");
    CHECK(test::GoldenFile("tests/golden/manifest_v3/MANIFEST", fresh) == fresh);
    const auto contents = ParseManifest(fresh);
    REQUIRE(contents.ok());
    CHECK(contents->parts == Parts{part + "3.part"});
    REQUIRE(contents->masks.size() == 2);
    CHECK(contents->masks[0]->id == 2);
    CHECK(contents->masks[0]->matchers == Mask(2)->matchers);
    CHECK(contents->masks[1]->filter == filtered->filter);
  }

  TEST_CASE("what is added takes the place of the first that it replaces") {
    ManifestContents contents;
    contents.Apply({{"a", "b", "c", "d"}, {}});
    contents.Apply({{"e"}, {"d", "b"}});
    CHECK(contents.parts == Parts{"a", "e", "c"});
    contents.Apply({{"f"}, {}});
    CHECK(contents.parts == Parts{"a", "e", "c", "f"});
    contents.Apply({{}, {"a", "c"}});
    CHECK(contents.parts == Parts{"e", "f"});
    const auto copy = ParseManifest(EncodeManifest(contents));
    REQUIRE(copy.ok());
    CHECK(copy->parts == contents.parts);
  }

  TEST_CASE("a damaged manifest is kept for a human") {
    SimulatedFileSystem files;
    std::string bytes = ThreeEdits(&files);
    bytes[20] ^= 1;
    files.SetContent("data/MANIFEST", bytes);
    const auto manifest = Manifest::Open(&files, "data");
    REQUIRE(manifest.ok());
    CHECK((*manifest)->was_damaged());
    CHECK(files.Content("data/quarantine/MANIFEST") == bytes);
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
    CHECK((*manifest)->contents().parts == Parts{"d.part", "c.part"});
    REQUIRE((*manifest)->Apply({{"f.part"}, {"c.part"}}).ok());
    auto reopened = Manifest::Open(&files, "data");
    REQUIRE(reopened.ok());
    CHECK((*reopened)->contents().parts == Parts{"d.part", "f.part"});
  }
}

}  // namespace varve::storage
