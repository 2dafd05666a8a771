#include "storage/io/crc32c.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "storage/io/file_names.h"

namespace varve::storage {

TEST_SUITE("storage/io/crc32c") {
  TEST_CASE("the values are those of RFC 3720") {
    CHECK(Crc32c(std::string(32, '\0')) == 0x8a9136aa);
    CHECK(Crc32c(std::string(32, '\xff')) == 0x62a8ab43);
    CHECK(Crc32c("123456789") == 0xe3069283);
    CHECK(Crc32c("") == 0);
  }

  TEST_CASE("instruction and table agree at every length, and a CRC can be continued") {
    std::mt19937 random(5);
    std::string data(8000, '\0');
    for (char& c : data) c = static_cast<char>(random());
    for (size_t length = 0; length < data.size(); length += length < 64 ? 1 : 61) {
      const std::string_view part(data.data() + length % 7, length);
      CHECK(Crc32c(part) == Crc32cPortable(part));
      const size_t half = length / 2;
      CHECK(Crc32c(part.substr(half), Crc32c(part.substr(0, half))) == Crc32c(part));
    }
  }
}

TEST_SUITE("storage/io/file_names") {
  TEST_CASE("a name is parsed only if it is one we write") {
    CHECK(WalSegmentFileName(1) == "00000001.wal");
    CHECK(ParseWalSegmentFileName("00000001.wal") == 1);
    CHECK(ParseWalSegmentFileName(WalSegmentFileName(1234567890123)) == 1234567890123);
    for (const char* name : {"1.wal", "000000001.wal", "00000001.wal.tmp", "x.wal", ".wal", ""}) {
      CHECK(!ParseWalSegmentFileName(name));
    }
    CHECK(PartFileName("metrics", 7) == "metrics-00000000000000000007.part");
    const auto fields = ParsePartFileName("logs-00000000000000000012.part");
    REQUIRE(fields);
    CHECK(fields->signal == "logs");
    CHECK(fields->part_id == 12);
    CHECK(!ParsePartFileName("traces-00000000000000000012.part"));
    CHECK(!ParsePartFileName("logs-12.part"));
  }

  TEST_CASE("paths are split where they were joined") {
    CHECK(JoinPath("a/b", "c") == "a/b/c");
    CHECK(JoinPath("/", "c") == "/c");
    CHECK(DirectoryOf("a/b/c") == "a/b");
    CHECK(DirectoryOf("/c") == "/");
    CHECK(DirectoryOf("c") == ".");
    CHECK(NameOf("a/b/c") == "c");
    CHECK(IsTemporaryName(TemporaryName("a")));
  }
}

}  // namespace varve::storage
