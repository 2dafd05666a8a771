#include "storage/model/matcher.h"

#include <doctest/doctest.h>

namespace varve::storage {
namespace {

bool Matches(MatchType type, std::string_view pattern, std::string_view value) {
  return Matcher::Create(type, "label", pattern)->Matches(value);
}

}  // namespace

TEST_SUITE("storage/model/matcher") {
  TEST_CASE("equality compares whole values") {
    CHECK(Matches(MatchType::kEqual, "a", "a"));
    CHECK_FALSE(Matches(MatchType::kEqual, "a", "ab"));
    CHECK(Matches(MatchType::kNotEqual, "a", "b"));
    CHECK_FALSE(Matches(MatchType::kNotEqual, "a", "a"));
  }

  TEST_CASE("regular expressions are anchored at both ends") {
    CHECK(Matches(MatchType::kRegex, "a.c", "abc"));
    CHECK_FALSE(Matches(MatchType::kRegex, "a.c", "xabc"));
    CHECK_FALSE(Matches(MatchType::kRegex, "a.c", "abcx"));
    CHECK_FALSE(Matches(MatchType::kRegex, "foo|bar", "foobar"));
    CHECK(Matches(MatchType::kNotRegex, "foo|bar", "foobar"));
  }

  TEST_CASE("a dot matches a newline") { CHECK(Matches(MatchType::kRegex, "a.*b", "a\nb")); }

  TEST_CASE("alternations of literals become a sorted set") {
    const auto matcher = Matcher::Create(MatchType::kRegex, "l", "(b|a|c\\.d|a)");
    CHECK(Matcher::Create(MatchType::kRegex, "l", "b|a|c\\.d|a")->literals() ==
          std::vector<std::string>{"a", "b", "c.d"});
    CHECK(matcher->Matches("c.d"));
    CHECK_FALSE(matcher->Matches("cxd"));
    CHECK(Matcher::Create(MatchType::kRegex, "l", "a.*|b")->literals().empty());
    CHECK(Matcher::Create(MatchType::kRegex, "l", "")->literals() == std::vector<std::string>{""});
  }

  TEST_CASE("an expression's prefix is only what every match begins with") {
    const auto prefix = [](std::string_view pattern) {
      return Matcher::Create(MatchType::kRegex, "l", pattern)->prefix();
    };
    CHECK(prefix("node_.*") == "node_");
    CHECK(prefix("abc?") == "ab");
    CHECK(prefix("abc*d") == "ab");
    CHECK(prefix("abc+d") == "abc");
    CHECK(prefix("ab{0,1}") == "a");
    CHECK(prefix("abc|.d") == "");
    CHECK(prefix("x\\.y.*") == "x.y");
    CHECK(prefix("gr\xc3\xbc*n.") == "gr");
    CHECK(Matches(MatchType::kRegex, "abc?", "ab"));
    CHECK(Matches(MatchType::kRegex, "a(b|c).*", "acx"));
  }

  TEST_CASE("matching the empty value says whether series without the label match") {
    CHECK(Matcher::Create(MatchType::kEqual, "l", "")->MatchesEmpty());
    CHECK(Matcher::Create(MatchType::kRegex, "l", ".*")->MatchesEmpty());
    CHECK(Matcher::Create(MatchType::kRegex, "l", "|a")->MatchesEmpty());
    CHECK_FALSE(Matcher::Create(MatchType::kRegex, "l", ".+")->MatchesEmpty());
    CHECK(Matcher::Create(MatchType::kNotEqual, "l", "a")->MatchesEmpty());
    CHECK_FALSE(Matcher::Create(MatchType::kNotRegex, "l", ".*")->MatchesEmpty());
  }

  TEST_CASE("a broken expression is INVALID_ARGUMENT and says why") {
    const auto matcher = Matcher::Create(MatchType::kRegex, "l", "a(b");
    CHECK(matcher.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(std::string(matcher.status().message()).find(")") != std::string::npos);
  }
}

}  // namespace varve::storage
