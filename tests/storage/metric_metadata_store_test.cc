#include "storage/metric_metadata_store.h"

#include <doctest/doctest.h>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

// "family: type/unit/help type/unit/help; ..."
std::string Text(const MetricMetadataStore::Families& families) {
  std::string text;
  for (const auto& [family, descriptions] : families) {
    text += (text.empty() ? "" : "; ") + family + ":";
    for (const auto& one : descriptions) {
      text += " " + one.type + "/" + one.unit + "/" + one.help;
    }
  }
  return text;
}

// One folder of a simulated disk, on which stores come and go.
class Disk {
 public:
  Disk() {
    options_.path = "data";
    options_.files = &files_;
    REQUIRE(files_.CreateDirectory("data").ok());
  }
  SimulatedFileSystem& files() { return files_; }
  std::string path() const { return JoinPath("data", kMetadataFileName); }
  void Load(MetricMetadataStore* store) { REQUIRE(store->Load(options_).ok()); }
  std::string Saved() {
    MetricMetadataStore store;
    Load(&store);
    return Text(store.List("", 0));
  }

 private:
  SimulatedFileSystem files_;
  StorageOptions options_;
};

}  // namespace

TEST_SUITE("storage/metric_metadata_store") {
  TEST_CASE("the newest description comes first, each once, families sorted and limited") {
    MetricMetadataStore store;
    store.Add({{"counter", "b_total", "B.", ""}, {"gauge", "a", "A.", "bytes"}});
    store.Add({{"counter", "b_total", "Better.", ""}});
    store.Add({{"counter", "b_total", "Better.", ""}});
    CHECK(Text(store.List("", 0)) == "a: gauge/bytes/A.; b_total: counter//Better. counter//B.");
    CHECK(store.List("", 1).size() == 1);
    CHECK(store.List("b_total", 0).size() == 1);
    CHECK(store.List("nope", 0).empty());
    store.Add({{"counter", "b_total", "B.", ""}});
    CHECK(store.List("b_total", 0)[0].second[0].help == "B.");
    CHECK(store.Save().ok());  // has no place to save to
  }

  TEST_CASE("families keep a bounded number of descriptions, of bounded length") {
    MetricMetadataStore store;
    for (int i = 0; i < 50; ++i) store.Add({{"gauge", "a", std::to_string(i), ""}});
    CHECK(store.List("a", 0)[0].second.size() == kMetadataPerFamilyMax);
    CHECK(store.List("a", 0)[0].second[0].help == "49");
    const std::string text(kMetadataTextBytesMax, 'x');
    store.Add({{"gauge", "long", text + "x", ""}});
    CHECK(store.List("long", 0).empty());
    for (size_t i = 0; i < kMetadataBytesMax / kMetadataTextBytesMax + 10; ++i) {
      const std::string family = "f" + std::to_string(i);
      store.Add({{"gauge", family, text, ""}});
    }
    CHECK(store.List("", 0).size() <= kMetadataBytesMax / kMetadataTextBytesMax + 1);
    CHECK(store.List("a", 0).size() == 1);
  }

  TEST_CASE("what was saved is there after a restart, in its order") {
    Disk disk;
    MetricMetadataStore store;
    disk.Load(&store);
    store.Add({{"counter", "b_total", "B.", ""}, {"gauge", "a", "A.", "bytes"}});
    store.Add({{"counter", "b_total", "Better.", ""}});
    REQUIRE(store.Save().ok());
    const std::string saved = "a: gauge/bytes/A.; b_total: counter//Better. counter//B.";
    CHECK(disk.Saved() == saved);
    // At most once in a period, and only where something is new.
    store.Add({{"gauge", "c", "", ""}});
    REQUIRE(store.SaveIfDue(kMetadataSavePeriodMs).ok());
    CHECK(disk.Saved() == saved + "; c: gauge//");
    store.Add({{"gauge", "d", "", ""}});
    REQUIRE(store.SaveIfDue(2 * kMetadataSavePeriodMs - 1).ok());
    CHECK(disk.Saved() == saved + "; c: gauge//");
    REQUIRE(store.SaveIfDue(2 * kMetadataSavePeriodMs).ok());
    CHECK(disk.Saved() == saved + "; c: gauge//; d: gauge//");
  }

  TEST_CASE("a crash at any operation leaves the old file or the new one") {
    constexpr const char* kOld = "a: gauge//A.";
    constexpr const char* kNew = "a: gauge//A.; b: gauge//B.";
    bool saved = false;
    for (uint64_t at = 1; !saved; ++at) {
      REQUIRE(at < 100);
      Disk disk;
      MetricMetadataStore store;
      disk.Load(&store);
      store.Add({{"gauge", "a", "A.", ""}});
      REQUIRE(store.Save().ok());
      store.Add({{"gauge", "b", "B.", ""}});
      disk.files().CrashAtOperation(disk.files().operation_count() + at);
      saved = store.Save().ok();
      for (uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(at);
        CAPTURE(seed);
        const auto after = disk.files().CrashState(seed, CrashMode::kRandom);
        StorageOptions options;
        options.path = "data";
        options.files = after.get();
        MetricMetadataStore reopened;
        REQUIRE(reopened.Load(options).ok());
        const std::string text = Text(reopened.List("", 0));
        CHECK((text == kNew || (!saved && text == kOld)));
      }
    }
  }

  TEST_CASE("any flipped bit costs the rest of the file, which is set aside") {
    const MetricMetadataStore::Families families = {{"a", {{"gauge", "", "A."}}},
                                                    {"b", {{"counter", "s", "B."}}}};
    const std::string bytes = EncodeMetadataFile(families);
    CHECK(Text(DecodeMetadataFile(bytes).families) == "a: gauge//A.; b: counter/s/B.");
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const MetadataFileContents contents = DecodeMetadataFile(damaged);
      CHECK(contents.damaged);
      const std::string text = Text(contents.families);
      CHECK((text.empty() || text == "a: gauge//A."));
    }
    for (size_t length = 0; length < bytes.size(); ++length) {
      DecodeMetadataFile(std::string_view(bytes).substr(0, length));
    }
    Disk disk;
    disk.files().SetContent(disk.path(), bytes + "x");
    MetricMetadataStore store;
    disk.Load(&store);
    CHECK(Text(store.List("", 0)) == "a: gauge//A.; b: counter/s/B.");
    CHECK(*disk.files().FileExists("data/quarantine/METADATA"));
    CHECK_FALSE(*disk.files().FileExists(disk.path()));
    REQUIRE(store.Save().ok());
    CHECK(disk.Saved() == "a: gauge//A.; b: counter/s/B.");
  }

  TEST_CASE("the golden file") {
    const std::string fresh = EncodeMetadataFile({{"up", {{"gauge", "", "Up."}}}});
    const std::string golden = test::GoldenFile("tests/golden/metadata_v1/METADATA", fresh);
    CHECK(golden == fresh);
    CHECK(Text(DecodeMetadataFile(golden).families) == "up: gauge//Up.");
  }
}

}  // namespace varve::storage
