#include "storage/logs/token_filter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace varve::storage {
namespace {

std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  ForEachToken(text, [&](std::string_view token) { tokens.emplace_back(token); });
  return tokens;
}

std::vector<std::string> NaiveTokens(std::string_view text) {
  std::vector<std::string> tokens;
  std::string token;
  for (const char c : text) {
    if (IsTokenByte(c)) {
      token.push_back(c);
    } else if (!token.empty()) {
      tokens.push_back(std::move(token));
      token.clear();
    }
  }
  if (!token.empty()) tokens.push_back(std::move(token));
  return tokens;
}

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kWithDigits = "abcdefghijklmnopqrstuvwxyz0123456789";

std::string RandomWord(std::mt19937_64* random, size_t size,
                       std::string_view letters = kWithDigits) {
  std::string word;
  for (size_t i = 0; i < size; ++i) word.push_back(letters[(*random)() % letters.size()]);
  return word;
}

TEST_SUITE("storage/logs/token_filter") {
  TEST_CASE("tokens are maximal runs of letters, digits, underscores and bytes above 127") {
    CHECK(Tokens("GET /api/v1?user_id=7 \xc3\xa9t\xc3\xa9") ==
          std::vector<std::string>{"GET", "api", "v1", "user_id", "7", "\xc3\xa9t\xc3\xa9"});
    CHECK(Tokens("").empty());
    CHECK(Tokens(" .-").empty());
  }

  TEST_CASE("every byte is classified as the plain loop classifies it, at every length") {
    std::mt19937_64 random(7);
    for (size_t size = 0; size < 200; ++size) {
      std::string text(size, '\0');
      for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? 'a' : random());
      CHECK(Tokens(text) == NaiveTokens(text));
    }
  }

  TEST_CASE("a filter never rules out a text that is in a line") {
    const uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    TokenFilterBuilder builder;
    for (int round = 0; round < 30; ++round) {
      std::vector<std::string> lines;
      for (int i = 0; i < 100; ++i) {
        std::string line;
        const size_t words = random() % 8;
        for (size_t w = 0; w < words; ++w) {
          line += RandomWord(&random, 1 + random() % 12);
          line.push_back(" .=/\n"[random() % 5]);
        }
        lines.push_back(line);
        builder.AddLine(line);
      }
      const std::string filter = builder.Build(1 << 20);
      CHECK(IsValidTokenFilter(filter));
      for (const std::string& line : lines) {
        const size_t begin = random() % (line.size() + 1);
        const size_t size = random() % (line.size() + 1 - begin);
        CHECK(TokenQuery(std::string_view(line).substr(begin, size)).MayMatch(filter));
      }
    }
  }

  TEST_CASE("a word that is nowhere is ruled out nearly always, inside a needle or bare") {
    std::mt19937_64 random(11);
    TokenFilterBuilder builder;
    for (int i = 0; i < 8000; ++i)
      builder.AddLine("level=info id=" + RandomWord(&random, 10, kLetters));
    const std::string filter = builder.Build(1 << 20);
    MESSAGE("filter bytes for 8000 distinct tokens: " << filter.size());
    int bare = 0;
    int inside = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string word = RandomWord(&random, 14, kLetters);
      bare += TokenQuery(word).MayMatch(filter) ? 1 : 0;
      inside += TokenQuery("=" + RandomWord(&random, 3, kLetters) + " ").MayMatch(filter) ? 1 : 0;
    }
    CHECK(bare < 20);
    CHECK(inside < 40);
  }

  TEST_CASE("the first and the last token of a needle may be pieces of longer ones") {
    TokenFilterBuilder builder;
    builder.AddLine("prefix_word suffix");
    const std::string filter = builder.Build(1 << 20);
    CHECK(TokenQuery("word suf").MayMatch(filter));
    CHECK_FALSE(TokenQuery(" word ").MayMatch(filter));
    CHECK_FALSE(TokenQuery("").selective());
    CHECK_FALSE(TokenQuery("ab").selective());
  }

  TEST_CASE(
      "a filter takes a thirtieth of its lines at most, and rules nothing out that is there") {
    std::mt19937_64 random(12);
    TokenFilterBuilder builder;
    std::vector<std::string> words;
    size_t bytes = 0;
    while (bytes < (1 << 20)) {
      words.push_back(RandomWord(&random, 7, kLetters));
      bytes += words.back().size();
      builder.AddLine(words.back());
    }
    const std::string filter = builder.Build(bytes);
    CHECK(filter.size() <= bytes / 32 + 1);
    for (const std::string& word : words) {
      CHECK(TokenQuery(" " + word + " ").MayMatch(filter));
      CHECK(TokenQuery(word.substr(1)).MayMatch(filter));
    }
  }

  TEST_CASE("tokens and grams with digits are neither kept nor asked for") {
    TokenFilterBuilder builder;
    builder.AddLine("node246 took 12 ms");
    const size_t few = builder.Build(1 << 20).size();
    builder.AddLine("node246 took 12 ms");
    for (int i = 0; i < 5000; ++i) builder.AddLine(std::to_string(i * 7919) + " a1b2c3");
    const std::string filter = builder.Build(1 << 20);
    CHECK(filter.size() <= few + 32);
    CHECK(TokenQuery("node").MayMatch(filter));
    CHECK(TokenQuery(" 77777 ").MayMatch(filter));
    CHECK(TokenQuery(" node999 ").MayMatch(filter));
    CHECK_FALSE(TokenQuery("gone999").MayMatch(filter));
    CHECK_FALSE(TokenQuery(" spent 12 ").MayMatch(filter));
  }

  TEST_CASE("a pair of metadata that no entry has is ruled out nearly always") {
    TokenFilterBuilder builder;
    for (int i = 0; i < 1000; ++i) builder.AddMetadata("trace_id", std::to_string(i * 7919));
    const std::string filter = builder.Build(1 << 20);
    int passed = 0;
    for (int i = 0; i < 1000; ++i) {
      TokenQuery has;
      has.AddMetadata("trace_id", std::to_string(i * 7919));
      CHECK(has.selective());
      CHECK(has.MayMatch(filter));
      TokenQuery lacks;
      lacks.AddMetadata("span_id", std::to_string(i * 7919));
      passed += lacks.MayMatch(filter) ? 1 : 0;
    }
    CHECK(passed < 40);
  }

  TEST_CASE("a malformed filter rules nothing out") {
    CHECK(TokenQuery(" word ").MayMatch(""));
    CHECK(TokenQuery(" word ").MayMatch("\x09"));
    CHECK(TokenQuery(" word ").MayMatch("\xff\x01\x02"));
  }
}

}  // namespace
}  // namespace varve::storage
