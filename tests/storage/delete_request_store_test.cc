#include "storage/delete_request_store.h"

#include <doctest/doctest.h>

#include "storage/io/file_names.h"
#include "storage/io/simulated_file_system.h"
#include "tests/support/golden_file.h"

namespace varve::storage {
namespace {

constexpr const char* kGoldenPath = "tests/golden/deletes_v1/DELETES";

DeleteRequest Request(const std::string& id, uint64_t deletion) {
  return {id, "{a=\"b\"} |= `x`", 1, 2, 3, deletion};
}

// "id/deletion .."
std::string Text(const std::vector<DeleteRequest>& requests) {
  std::string text;
  for (const DeleteRequest& one : requests) {
    text += (text.empty() ? "" : " ") + one.id + "/" + std::to_string(one.deletion);
  }
  return text;
}

StorageOptions Options(SimulatedFileSystem* files) {
  StorageOptions options;
  options.path = "data";
  options.files = files;
  return options;
}

}  // namespace

TEST_SUITE("storage/delete_request_store") {
  TEST_CASE("requests are listed in order, found and removed, also after a restart") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    DeleteRequestStore store;
    CHECK(absl::IsFailedPrecondition(store.Add(Request("a", 1), {})));
    REQUIRE(store.Load(Options(&files), {}).ok());
    for (const char* id : {"a", "b", "c"}) REQUIRE(store.Add(Request(id, 7), {7}).ok());
    REQUIRE(store.Remove("b").ok());
    CHECK(Text(store.List()) == "a/7 c/7");
    CHECK(store.Find("c") == Request("c", 7));
    CHECK_FALSE(store.Find("b").has_value());
    DeleteRequestStore reopened;
    REQUIRE(reopened.Load(Options(&files), {7}).ok());
    CHECK(Text(reopened.List()) == "a/7 c/7");
  }

  TEST_CASE("a deletion that is gone at a start is never taken for a new one of its id") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    {
      DeleteRequestStore store;
      REQUIRE(store.Load(Options(&files), {}).ok());
      REQUIRE(store.Add(Request("a", 1), {1}).ok());
      REQUIRE(store.Add(Request("b", 2), {1, 2}).ok());
    }
    DeleteRequestStore store;
    REQUIRE(store.Load(Options(&files), {2}).ok());
    CHECK(Text(store.List()) == "a/0 b/2");
    DeleteRequestStore later;
    REQUIRE(later.Load(Options(&files), {1, 2}).ok());
    CHECK(Text(later.List()) == "a/0 b/2");
  }

  TEST_CASE("the oldest that is done makes room, and pending ones never do") {
    std::vector<DeleteRequest> many;
    for (size_t i = 0; i < kDeleteRequestsMax; ++i) {
      many.push_back(Request(std::to_string(i), i == 1 ? 0 : 5));
    }
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    REQUIRE(WriteFileAtomically(&files, JoinPath("data", kDeletesFileName), EncodeDeletesFile(many))
                .ok());
    DeleteRequestStore store;
    REQUIRE(store.Load(Options(&files), {5}).ok());
    REQUIRE(store.Add(Request("new", 5), {5}).ok());
    CHECK(store.List().size() == kDeleteRequestsMax);
    CHECK_FALSE(store.Find("1").has_value());
    CHECK(store.Find("new").has_value());
    CHECK(absl::IsResourceExhausted(store.Add(Request("more", 5), {5})));
  }

  TEST_CASE("a crash at any operation leaves the old file or the new one") {
    bool saved = false;
    for (uint64_t at = 1; !saved; ++at) {
      REQUIRE(at < 100);
      SimulatedFileSystem files;
      REQUIRE(files.CreateDirectory("data").ok());
      DeleteRequestStore store;
      REQUIRE(store.Load(Options(&files), {}).ok());
      REQUIRE(store.Add(Request("a", 0), {}).ok());
      files.CrashAtOperation(files.operation_count() + at);
      saved = store.Add(Request("b", 0), {}).ok();
      for (uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(at);
        CAPTURE(seed);
        const auto after = files.CrashState(seed, CrashMode::kRandom);
        DeleteRequestStore reopened;
        REQUIRE(reopened.Load(Options(after.get()), {}).ok());
        const std::string text = Text(reopened.List());
        CHECK((text == "a/0 b/0" || (!saved && text == "a/0")));
      }
    }
  }

  TEST_CASE("any flipped bit costs the rest of the file, which is set aside") {
    const std::string bytes = EncodeDeletesFile({Request("a", 0), Request("b", 0)});
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string damaged = bytes;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
      const DeletesFileContents contents = DecodeDeletesFile(damaged);
      CHECK(contents.damaged);
      const std::string text = Text(contents.requests);
      CHECK((text.empty() || text == "a/0"));
    }
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    REQUIRE(WriteFileAtomically(&files, "data/DELETES", bytes.substr(0, bytes.size() - 1)).ok());
    DeleteRequestStore store;
    REQUIRE(store.Load(Options(&files), {}).ok());
    CHECK(Text(store.List()) == "a/0");
    CHECK(files.ReadFile("data/quarantine/DELETES").ok());
    DeleteRequestStore again;
    REQUIRE(again.Load(Options(&files), {}).ok());
    CHECK(Text(again.List()) == "a/0");
  }

  TEST_CASE("the example of deletes_format.md is what we write") {
    const std::string bytes = EncodeDeletesFile({{"0a", "{a=\"b\"}", 1, 2, 3, 4}});
    CHECK(test::GoldenFile(kGoldenPath, bytes) == bytes);
  }
}

}  // namespace varve::storage
