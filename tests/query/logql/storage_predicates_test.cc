#include "query/logql/storage_predicates.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace varve::query {
namespace {

std::string Text(LineMatch match, std::vector<std::string> terms) {
  LineFilterExpr filter;
  filter.match = match;
  for (std::string& term : terms) filter.terms.push_back({false, std::move(term)});
  const auto condition = LineConditionOf(filter);
  if (!condition) return "stage";
  std::string text = condition->negative ? "none of" : "one of";
  for (const std::string& literal : condition->any_of) text += " [" + literal + "]";
  return text + (condition->fold_case ? " folded" : "");
}

LabelFilterExpr Equal(std::string_view name, std::string_view value) {
  LabelFilterExpr filter;
  filter.name = std::string(name);
  filter.matcher = storage::Matcher::Equal(std::string(name), std::string(value));
  return filter;
}

TEST_SUITE("query/logql/storage_predicates") {
  TEST_CASE("texts and expressions that are literals become conditions, others stay stages") {
    CHECK(Text(LineMatch::kContains, {"a"}) == "one of [a]");
    CHECK(Text(LineMatch::kNotContains, {"a", "b"}) == "none of [a] [b]");
    CHECK(Text(LineMatch::kRegex, {"(?i)error"}) == "one of [error] folded");
    CHECK(Text(LineMatch::kRegex, {"(?i)(error|fail)"}) == "one of [error] [fail] folded");
    CHECK(Text(LineMatch::kRegex, {"(?:a|b)", "c"}) == "one of [a] [b] [c]");
    CHECK(Text(LineMatch::kNotRegex, {".*GET /a\\.b.*"}) == "none of [GET /a.b]");
    CHECK(Text(LineMatch::kRegex, {"a|"}) == "one of [a] []");
    for (const std::string_view pattern :
         {"a.b", "^a", "a$", "\\d", "(a)(b)", "(a)|(b)", "[ab]", "a\\|b", "(?s)a", "a+",
          "caf\xc3\xa9", "a.*|b", "\\", "(a\\)", "x{2}", "a\\.*", "(?i)(a|(b))"}) {
      CAPTURE(pattern);
      CHECK(Text(LineMatch::kRegex, {std::string(pattern)}) == "stage");
    }
    CHECK(Text(LineMatch::kRegex, {"a", "(?i)b"}) == "stage");
    CHECK(Text(LineMatch::kPattern, {"<_> a"}) == "stage");
    LineFilterExpr ip;
    ip.terms.push_back({true, "10.0.0.0/8"});
    CHECK_FALSE(LineConditionOf(ip).has_value());
  }

  TEST_CASE("line filters are taken up to the first stage that changes lines") {
    LineFilterExpr contains;
    contains.terms.push_back({false, "a"});
    LineFilterExpr regex;
    regex.match = LineMatch::kRegex;
    regex.terms.push_back({false, "a.c"});
    std::vector<StageExpr> stages = {contains,         regex,   JsonExpr{}, contains,
                                     DecolorizeExpr{}, contains};
    const StoragePredicates predicates = TakeStoragePredicates(&stages);
    CHECK(predicates.line_conditions.size() == 2);
    CHECK(stages.size() == 4);
  }

  TEST_CASE(
      "equalities of labels ask metadata, where no parser stands before and no label beside") {
    LabelFilterExpr both;
    both.kind = LabelFilterExpr::Kind::kAnd;
    both.operands = {Equal("trace_id", "7f"), Equal("app", "x")};
    std::vector<StageExpr> stages = {both, Equal("empty", ""), JsonExpr{}, Equal("late", "x")};
    const StoragePredicates predicates = TakeStoragePredicates(&stages);
    CHECK(stages.size() == 4);
    REQUIRE(predicates.metadata_conditions.size() == 2);
    const storage::LabelSet stream{{"app", "x"}};
    storage::LogReadOptions options;
    predicates.SetOptions(stream, &options);
    REQUIRE(options.metadata_conditions.size() == 1);
    CHECK(options.metadata_conditions[0].name == "trace_id");
    CHECK(options.metadata_conditions[0].value == "7f");
  }
}

}  // namespace
}  // namespace varve::query
