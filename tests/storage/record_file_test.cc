#include "storage/record_file.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "storage/io/simulated_file_system.h"

namespace varve::storage {
namespace {

constexpr std::string_view kMagic = "VRVTEST1";

std::vector<std::string> Read(std::string_view bytes, bool* whole) {
  std::vector<std::string> payloads;
  *whole = VisitRecords(bytes, kMagic, [&](std::string_view payload) {
    payloads.emplace_back(payload);
    return payload != "bad";
  });
  return payloads;
}

TEST_SUITE("storage/record_file") {
  TEST_CASE("what is in front of damage is read, wherever it is cut or flipped") {
    std::string bytes(kMagic);
    AppendRecord("one", &bytes);
    const size_t second = bytes.size();
    AppendRecord("two", &bytes);
    bool whole = false;
    CHECK(Read(bytes, &whole) == std::vector<std::string>{"one", "two"});
    CHECK(whole);
    for (size_t length = second + 1; length < bytes.size(); ++length) {
      CHECK(Read(bytes.substr(0, length), &whole) == std::vector<std::string>{"one"});
      CHECK_FALSE(whole);
    }
    for (size_t at = second; at < bytes.size(); ++at) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ 1);
      CHECK(Read(flipped, &whole) == std::vector<std::string>{"one"});
      CHECK_FALSE(whole);
    }
    CHECK(Read("VRVTEST2" + bytes.substr(kMagic.size()), &whole).empty());
    CHECK_FALSE(whole);
  }

  TEST_CASE("a payload that its reader refuses is damage") {
    std::string bytes(kMagic);
    AppendRecord("bad", &bytes);
    AppendRecord("two", &bytes);
    bool whole = true;
    CHECK(Read(bytes, &whole) == std::vector<std::string>{"bad"});
    CHECK_FALSE(whole);
  }

  TEST_CASE("an unreadable file is set aside") {
    SimulatedFileSystem files;
    REQUIRE(files.CreateDirectory("data").ok());
    files.SetContent("data/FILE", "nonsense");
    REQUIRE(SetAside(&files, "data", "FILE").ok());
    CHECK(files.Content("data/quarantine/FILE") == "nonsense");
    CHECK(files.Content("data/FILE").empty());
  }
}

}  // namespace
}  // namespace varve::storage
