#include "tools/transfer/transfer_state.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace varve::tools {
namespace {

TEST_SUITE("tools/transfer/transfer_state") {
  TEST_CASE("what is saved is loaded, for the same transfer only") {
    char pattern[] = "/tmp/varve-state-XXXXXX";
    const std::string folder = mkdtemp(pattern);
    const std::string path = folder + "/state";
    TransferState state = LoadTransferState(path, "import x", -7).value();
    CHECK(state.done == -7);
    CHECK(state.bytes == 0);
    state.done = -3;
    state.bytes = 1ULL << 40;
    REQUIRE(SaveTransferState(path, state).ok());
    REQUIRE(SaveTransferState(path, state).ok());
    const TransferState loaded = LoadTransferState(path, "import x", 0).value();
    CHECK(loaded.done == -3);
    CHECK(loaded.bytes == 1ULL << 40);
    CHECK(loaded.what == "import x");
    CHECK(absl::IsFailedPrecondition(LoadTransferState(path, "import y", 0).status()));
    REQUIRE(RemoveTransferState(path).ok());
    REQUIRE(RemoveTransferState(path).ok());
    CHECK_FALSE(std::filesystem::exists(path));
    std::filesystem::remove_all(folder);
  }

  TEST_CASE("another file is no state") {
    char pattern[] = "/tmp/varve-state-XXXXXX";
    const std::string folder = mkdtemp(pattern);
    for (const char* text : {"", "hello\n", "varve transfer 1\nwhat x\ndone 1\n",
                             "varve transfer 1\nwhat x\ndone one\nbytes 1\n"}) {
      std::ofstream(folder + "/state") << text;
      CHECK(absl::IsFailedPrecondition(LoadTransferState(folder + "/state", "x", 0).status()));
    }
    std::filesystem::remove_all(folder);
  }
}

}  // namespace
}  // namespace varve::tools
