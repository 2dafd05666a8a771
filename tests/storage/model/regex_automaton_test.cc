#include "storage/model/regex_automaton.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "storage/model/matcher.h"

namespace varve::storage {
namespace {

std::string Pick(std::mt19937_64* random, const std::vector<std::string>& choices) {
  return choices[(*random)() % choices.size()];
}

// Expressions of the letters a, b, c, a digit and an umlaut, so that many texts match.
std::string RandomExpression(std::mt19937_64* random, int depth) {
  std::string expression;
  for (uint64_t parts = 1 + (*random)() % 3; parts > 0; --parts) {
    if (depth > 0 && (*random)() % 3 == 0) {
      expression += Pick(random, {"(", "(?:"}) + RandomExpression(random, depth - 1) + ")";
    } else {
      expression += Pick(random, {"a",      "b",    "c",      "ab",   "1",   "\xc3\xbc", ".",
                                  "[ab]",   "[^a]", "[a-c1]", "\\.",  "\\d", "\\w",      "[^\\d.]",
                                  "[b\\-]", "-",    "[-a]",   "[a-]", "\\s", "[]a]",     "\\pL"});
    }
    if ((*random)() % 3 == 0) {
      expression += Pick(random, {"*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?", "+?"});
    }
    if (depth > 0 && (*random)() % 5 == 0) expression += "|";
  }
  return expression;
}

std::string RandomText(std::mt19937_64* random) {
  std::string text;
  for (uint64_t size = (*random)() % 7; size > 0; --size) {
    text += Pick(random, {"a", "b", "c", "1", "\xc3\xbc", "\xe2\x82\xac", ".", "-", "\n", "]"});
  }
  return text;
}

std::optional<bool> Accepts(std::string_view expression, std::string_view text) {
  const auto automaton = RegexAutomaton::Compile(expression);
  return automaton == nullptr ? std::nullopt : std::optional(automaton->Matches(text));
}

TEST_SUITE("storage/model/regex_automaton") {
  TEST_CASE("it accepts what RE2 does, also going on from what texts share") {
    const uint64_t seed = std::random_device{}();
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    size_t known = 0;
    for (int i = 0; i < 1500; ++i) {
      const std::string expression = RandomExpression(&random, 2);
      const auto matcher = Matcher::Create(MatchType::kRegex, "l", expression);
      if (!matcher.ok()) continue;
      const auto automaton = RegexAutomaton::Compile(expression);
      if (automaton == nullptr) continue;
      ++known;
      INFO("expression ", expression);
      std::vector<std::string> texts;
      for (int k = 0; k < 40; ++k) texts.push_back(RandomText(&random));
      std::sort(texts.begin(), texts.end());
      RegexWalk walk(automaton.get());
      std::string before;
      for (const std::string& text : texts) {
        INFO("text ", text);
        const auto end = std::mismatch(before.begin(), before.end(), text.begin(), text.end());
        const auto shared = static_cast<size_t>(end.first - before.begin());
        CHECK(automaton->Matches(text) == matcher->Matches(text));
        CHECK(walk.Matches(text, random() % (shared + 1)) == matcher->Matches(text));
        before = text;
      }
    }
    CHECK(known > 300);
  }

  TEST_CASE("what is written for matchers is known") {
    CHECK(Accepts(".*-[b-k][0-9].*", "api-7c-b2x") == true);
    CHECK(Accepts(".*-[b-k][0-9].*", "api-7c-x2b") == false);
    CHECK(Accepts("checkout-(api|db)-.+", "checkout-db-1") == true);
    CHECK(Accepts("checkout-(api|db)-.+", "checkout-db-") == false);
    CHECK(Accepts(".+2x[b-d]", "pod-2xc") == true);
    CHECK(Accepts(".*(2|4|x).*", "pod-135") == false);
    CHECK(Accepts(".*(2|4|x).*", "a\n4") == true);
    CHECK(Accepts("(a|b|)", "") == true);
    CHECK(Accepts("[a-z0-9]{5}(-[a-z0-9]{2,10})?", "abc12-x9") == true);
    CHECK(Accepts("10\\.0\\.[0-9]+\\.[0-9]+:9100", "10.0.3.17:9100") == true);
    CHECK(Accepts("gr.n", "gr\xc3\xbcn") == true);
    CHECK(Accepts("gr[^a]n", "gr\xc3\xbcn") == true);
    CHECK(Accepts("gr..n", "gr\xc3\xbcn") == false);
  }

  TEST_CASE("what it does not know is left to RE2") {
    for (const char* const expression :
         {"(?i)a", "^a",  "a$",         "\\bword\\b", "\\pL+",   "[[:alpha:]]", "(?P<x>a)",
          "\\x41", "\\D", "[\xc3\xbc]", "a**",        "a{1001}", "a{,2}",       "(a",
          "a)",    "[a",  "a\\",        "[b-a]",      "*a",      "\\Qa"}) {
      INFO("expression ", expression);
      CHECK_FALSE(Accepts(expression, "a").has_value());
    }
    // Too many states: which of the last twelve letters were an a.
    CHECK_FALSE(Accepts(".*a.{12}", "a").has_value());
    CHECK_FALSE(Accepts("((((a{90}){90}){90}){90})", "a").has_value());
    CHECK_FALSE(Accepts(std::string(60, '(') + "a" + std::string(60, ')'), "a").has_value());
  }
}
}  // namespace
}  // namespace varve::storage
