#include "storage/model/text.h"

#include <doctest/doctest.h>

namespace varve::storage {

TEST_SUITE("storage/model/text") {
  TEST_CASE("StrCat joins every kind of string and numbers") {
    const std::string text = "b";
    CHECK(StrCat("a", text, std::string_view("c"), 1, ToAbsl("d")) == "abc1d");
  }

  TEST_CASE("Quote escapes as Go does") {
    CHECK(Quote("plain") == "\"plain\"");
    CHECK(Quote("a\"b\\c\n") == "\"a\\\"b\\\\c\\n\"");
    CHECK(Quote(std::string_view("\0\x7f", 2)) == "\"\\x00\\x7f\"");
    CHECK(Quote("gr\xc3\xbcn") == "\"gr\xc3\xbcn\"");
    CHECK(Quote("\xff\xc3") == "\"\\xff\\xc3\"");
    CHECK(Quote("\xed\xa0\x80") == "\"\\xed\\xa0\\x80\"");
  }

  TEST_CASE("a StringMap is searched by string_view") {
    StringMap<int> map{{"key", 7}};
    CHECK(map.find(std::string_view("key"))->second == 7);
    CHECK(map.find(std::string_view("other")) == map.end());
  }
}

}  // namespace varve::storage
