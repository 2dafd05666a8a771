#include "ingest/log_level.h"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace varve::ingest {
namespace {

constexpr std::array<std::string_view, 19> kWords = {
    "trace",         "TRC",      "Debug", "dbg",     "info", "inf",   "Information",
    "informational", "notice",   "warn",  "WARNING", "wrn",  "error", "ERR",
    "eror",          "critical", "crit",  "fatal",   "emerg"};

std::string_view LevelOf(std::string_view line) {
  return DetectLevel(storage::LabelSetView(), storage::LabelSetView(), line);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// The plain way to the first word of a line that is a level: word by word.
std::string_view PlainLevelOf(std::string_view line) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  for (size_t i = 0; i < line.size(); ++i) {
    if (!is_word(line[i])) continue;
    const size_t begin = i;
    while (i < line.size() && is_word(line[i])) ++i;
    for (const std::string_view word : kWords) {
      if (Lower(word) == Lower(line.substr(begin, i - begin))) return LevelOf(word);
    }
  }
  return "unknown";
}

TEST_SUITE("ingest/log_level") {
  TEST_CASE("each word stands for its level, in either case") {
    CHECK(LevelOf("TRACE") == "trace");
    CHECK(LevelOf("dbg") == "debug");
    CHECK(LevelOf("Informational") == "info");
    CHECK(LevelOf("notice") == "info");
    CHECK(LevelOf("Wrn") == "warn");
    CHECK(LevelOf("eror") == "error");
    CHECK(LevelOf("crit") == "critical");
    CHECK(LevelOf("emerg") == "fatal");
    CHECK(LevelOf("er") == "unknown");
    CHECK(LevelOf("") == "unknown");
  }

  TEST_CASE("a level is a whole word, wherever it stands in the line") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    constexpr std::string_view kBetween = "  .:[]/-\t\xc3\xa9";
    constexpr std::string_view kNear = "_0aZ";
    for (int round = 0; round < 20'000; ++round) {
      std::string line;
      const size_t pieces = random() % 12;
      for (size_t i = 0; i < pieces; ++i) {
        const std::string_view word = kWords[random() % kWords.size()];
        switch (random() % 6) {
          case 0:
            line.append(word);
            break;
          case 1:
            line.append(word.substr(0, random() % word.size()));
            break;
          case 2:
            line.append(word).push_back(kNear[random() % kNear.size()]);
            break;
          default:
            line.append(random() % 18, "xqt9"[random() % 4]);
        }
        line.push_back(kBetween[random() % kBetween.size()]);
      }
      CAPTURE(line);
      REQUIRE(LevelOf(line) == PlainLevelOf(line));
    }
  }

  TEST_CASE("a field with a level's name comes before words") {
    CHECK(LevelOf("no error level=warn") == "warn");
    CHECK(LevelOf(R"({"msg": "no error", "level": "warn"})") == "warn");
    CHECK(LevelOf(R"({"msg": "an error", "code": 7})") == "error");
  }
}

}  // namespace
}  // namespace varve::ingest
