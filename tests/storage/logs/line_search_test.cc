#include "storage/logs/line_search.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

namespace varve::storage {
namespace {

size_t Naive(std::string_view text, std::string_view needle, size_t from) {
  const size_t at = text.find(needle, from);
  return at == std::string_view::npos ? LineSearch::kNone : at;
}

TEST_SUITE("storage/logs/line_search") {
  TEST_CASE("every search agrees with the plain one, with and without vectors") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 20000; ++round) {
      std::string text(random() % 150, '\0');
      for (char& c : text) c = static_cast<char>('a' + random() % 3);
      std::string needle(random() % 6, '\0');
      for (char& c : needle) c = static_cast<char>('a' + random() % 3);
      const size_t from = random() % (text.size() + 3);
      const LineSearch search(needle);
      const size_t want = Naive(text, needle, from);
      REQUIRE(search.Find(text, from) == want);
      REQUIRE(search.FindScalar(text, from) == want);
    }
  }

  TEST_CASE("a needle that nearly matches everywhere takes linear time") {
    std::string needle(4000, 'a');
    needle[2000] = 'b';
    const std::string text(2 << 20, 'a');
    const LineSearch search(needle);
    CHECK(search.Find(text) == LineSearch::kNone);
    CHECK(search.Find(text + needle) == text.size());
  }

  TEST_CASE("FindAll visits occurrences and goes on where it is told to") {
    std::vector<size_t> hits;
    const LineSearch search("aa");
    search.FindAll("aaaa-aa", [&](size_t at) {
      hits.push_back(at);
      return at + 2;
    });
    CHECK(hits == std::vector<size_t>{0, 2, 5});
  }

  TEST_CASE("lines are found, each once, and no needle across a border") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 3000; ++round) {
      std::string text;
      std::vector<uint32_t> offsets{0};
      std::vector<std::string> lines(1 + random() % 40);
      for (std::string& line : lines) {
        line.resize(random() % 3 == 0 ? 0 : random() % 20);
        for (char& c : line) c = static_cast<char>('a' + random() % 3);
        text += line;
        offsets.push_back(static_cast<uint32_t>(text.size()));
      }
      text += "abcabcabc";  // behind the last line
      std::string needle(random() % 4, '\0');
      for (char& c : needle) c = static_cast<char>('a' + random() % 3);
      const size_t first = random() % lines.size();
      std::vector<uint32_t> want;
      for (size_t i = first; i < lines.size(); ++i) {
        if (lines[i].find(needle) != std::string::npos)
          want.push_back(static_cast<uint32_t>(i - first));
      }
      std::vector<uint32_t> found;
      LineSearch(needle).FindLines(text, std::span(offsets).subspan(first), &found);
      REQUIRE(found == want);
    }
  }

  TEST_CASE("letters in either case, and the two characters beyond ASCII that fold to k and s") {
    const LineSearch task("Task", LetterCase::kEither);
    CHECK(task.Find("no TASK here") == 3);
    CHECK(task.Find("no ta\xc5\xbf\xe2\x84\xaa here") == 3);
    CHECK(task.MatchBytes("no ta\xc5\xbf\xe2\x84\xaa here", 3) == 7);
    CHECK_FALSE(task.In("no tasc here"));
    CHECK_FALSE(LineSearch("Task").In("task"));
    CHECK(LineSearch("[a", LetterCase::kEither).Find("xx{a[A") == 4);
    std::mt19937_64 random(3);
    for (int i = 0; i < 2000; ++i) {
      std::string text;
      for (size_t k = 0, n = random() % 120; k < n; ++k) text.push_back("aAbB[{kK"[random() % 8]);
      std::string needle;
      for (size_t k = 0, n = 1 + random() % 4; k < n; ++k) needle.push_back("abAB["[random() % 5]);
      const LineSearch search(needle, LetterCase::kEither);
      CAPTURE(text);
      CAPTURE(needle);
      for (size_t from = 0; from < text.size(); from += 5) {
        CHECK(search.Find(text, from) == search.FindScalar(text, from));
      }
    }
  }
}

}  // namespace
}  // namespace varve::storage
