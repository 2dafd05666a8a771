// The project's own scripts have a case of everything the language has: each stage with its flags,
// kind of label filter, range and vector aggregation, operator, conversion, template function and
// keyword, and each text of an error that the sources have.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "query/logql/ast.h"
#include "query/logql/format_functions.h"
#include "query/logql/parser.h"
#include "storage/model/text.h"
#include "tests/support/logql_script.h"

namespace varve::test {
namespace {

using query::LabelFilterExpr;
using storage::StrCat;

constexpr std::string_view kComparisons[] = {"==", "!=", ">", ">=", "<", "<="};
constexpr std::string_view kMatches[] = {"=", "!=", "=~", "!~"};
constexpr std::string_view kConversions[] = {"unwrap", "unwrap bytes()", "unwrap duration()",
                                             "unwrap duration_seconds()"};
constexpr std::string_view kKeywords[] = {"if",    "else",     "end",   "range",
                                          "with",  "define",   "block", "template",
                                          "break", "continue", "/*",    "$"};

// Of a kind of filter that compares.
std::string Filter(std::string_view kind, std::string_view comparison) {
  return StrCat("filter ", kind, " ", comparison);
}

// What the parts of a query are called.
class Constructs {
 public:
  std::set<std::string> names;

  void Add(const query::LogqlExpr& expr) {
    if (const auto* metric = std::get_if<query::MetricExprPtr>(&expr)) AddMetric(**metric);
  }

 private:
  void Name(std::string_view name) { names.emplace(name); }
  void NameIf(bool there, std::string_view name) {
    if (there) names.emplace(name);
  }

  // Words in the actions of a template.
  void AddTemplate(const std::string& text) {
    static const std::regex kAction(R"(\{\{([\s\S]*?)\}\})");
    static const std::regex kString(R"("(\\.|[^"\\])*"|`[^`]*`)");
    static const std::regex kWord(R"((^|[\s(|])([A-Za-z_]\w*))");
    for (std::sregex_iterator action(text.begin(), text.end(), kAction), end; action != end;
         ++action) {
      const std::string code = std::regex_replace((*action)[1].str(), kString, "s");
      for (std::sregex_iterator word(code.begin(), code.end(), kWord); word != end; ++word) {
        Name("template " + (*word)[2].str());
      }
      NameIf(code.find("/*") != code.npos, "template /*");
      NameIf(code.find('$') != code.npos, "template $");
    }
  }

  void AddFilter(const LabelFilterExpr& filter) {
    const std::string_view comparison = kComparisons[static_cast<size_t>(filter.comparison)];
    switch (filter.kind) {
      case LabelFilterExpr::Kind::kAnd:
      case LabelFilterExpr::Kind::kOr:
        Name(filter.kind == LabelFilterExpr::Kind::kAnd ? "filter and" : "filter or");
        for (const LabelFilterExpr& operand : filter.operands) AddFilter(operand);
        return;
      case LabelFilterExpr::Kind::kString:
        return Name(Filter("string", storage::MatchTypeText(filter.matcher->type())));
      case LabelFilterExpr::Kind::kNumber:
        return Name(Filter("number", comparison));
      case LabelFilterExpr::Kind::kDuration:
        return Name(Filter("duration", comparison));
      case LabelFilterExpr::Kind::kBytes:
        return Name(Filter("bytes", comparison));
      case LabelFilterExpr::Kind::kIp:
        return Name(Filter("ip", comparison));
    }
  }

  void AddStage(const query::LineFilterExpr& stage) {
    const std::string match(query::LineMatchText(stage.match));
    Name(match);
    NameIf(stage.terms.size() > 1, match + " or");
    for (const auto& term : stage.terms) NameIf(term.is_ip, match + " ip()");
  }
  void AddStage(const LabelFilterExpr& stage) { AddFilter(stage); }
  void AddStage(const query::JsonExpr& stage) {
    Name(stage.extractions.empty() ? "json" : "json fields");
  }
  void AddStage(const query::LogfmtExpr& stage) {
    Name(stage.extractions.empty() ? "logfmt" : "logfmt fields");
    NameIf(stage.strict, "logfmt --strict");
    NameIf(stage.keep_empty, "logfmt --keep-empty");
  }
  void AddStage(const query::PatternExpr&) { Name("pattern"); }
  void AddStage(const query::RegexpExpr&) { Name("regexp"); }
  void AddStage(const query::UnpackExpr&) { Name("unpack"); }
  void AddStage(const query::DecolorizeExpr&) { Name("decolorize"); }
  void AddStage(const query::LineFormatExpr& stage) {
    Name("line_format");
    AddTemplate(stage.text);
  }
  void AddStage(const query::LabelFormatExpr& stage) {
    for (const auto& item : stage.items) {
      Name(item.is_rename ? "label_format rename" : "label_format");
      if (!item.is_rename) AddTemplate(item.source);
    }
  }
  void AddStage(const query::LabelSelectExpr& stage) {
    const std::string word = stage.keep ? "keep" : "drop";
    for (const auto& item : stage.items) {
      Name(item.matcher ? StrCat(word, " ", storage::MatchTypeText(item.matcher->type())) : word);
    }
  }

  void AddRange(const query::LogRangeExpr& range) {
    for (const storage::Matcher& matcher : range.log.matchers) {
      Name(StrCat("{", storage::MatchTypeText(matcher.type()), "}"));
    }
    for (const query::StageExpr& stage : range.log.stages) {
      std::visit([this](const auto& one) { AddStage(one); }, stage);
    }
    if (range.unwrap) {
      Name(kConversions[static_cast<size_t>(range.unwrap->conversion)]);
      NameIf(!range.unwrap->filters.empty(), "unwrap with a filter");
    }
    NameIf(range.offset_ns > 0, "offset");
    NameIf(range.offset_ns < 0, "offset -");
  }

  void AddGrouping(const std::optional<query::Grouping>& grouping, std::string_view of) {
    if (grouping) Name(StrCat(of, grouping->without ? " without" : " by"));
  }

  void AddNode(const query::LiteralExpr&) { Name("number"); }
  void AddNode(const query::VectorExpr&) { Name("vector"); }
  void AddNode(const query::RangeAggregationExpr& node) {
    Name(query::RangeFunctionText(node.function));
    AddGrouping(node.grouping, query::RangeFunctionText(node.function));
    AddRange(node.range);
  }
  void AddNode(const query::VectorAggregationExpr& node) {
    Name(node.name);
    AddGrouping(node.grouping, node.name);
    AddMetric(*node.operand);
  }
  void AddNode(const query::LabelReplaceExpr& node) {
    Name("label_replace");
    AddMetric(*node.operand);
  }
  void AddNode(const query::LogqlBinaryExpr& node) {
    const query::BinaryOperation& operation = node.operation;
    Name(query::BinaryOperatorText(operation.op));
    NameIf(operation.return_bool, "bool");
    const query::VectorMatching& matching = operation.matching;
    NameIf(matching.on, "on");
    NameIf(!matching.on && !matching.labels.empty(), "ignoring");
    NameIf(matching.cardinality == query::MatchCardinality::kManyToOne, "group_left");
    NameIf(matching.cardinality == query::MatchCardinality::kOneToMany, "group_right");
    AddMetric(*node.left);
    AddMetric(*node.right);
  }
  void AddMetric(const query::MetricExpr& expr) {
    std::visit([this](const auto& node) { AddNode(node); }, expr.node);
  }
};

std::set<std::string> WantedOfRanges() {
  std::set<std::string> wanted;
  for (int i = 0; i <= static_cast<int>(query::RangeFunction::kQuantile); ++i) {
    wanted.emplace(query::RangeFunctionText(static_cast<query::RangeFunction>(i)));
  }
  for (const char* name : {"avg", "min", "max", "stddev", "stdvar", "first", "last", "quantile"}) {
    wanted.insert(StrCat(name, "_over_time by"));
    wanted.insert(StrCat(name, "_over_time without"));
  }
  for (const std::string_view conversion : kConversions) wanted.emplace(conversion);
  wanted.insert({"unwrap with a filter", "offset", "offset -"});
  return wanted;
}

std::set<std::string> WantedOfVectors() {
  std::set<std::string> wanted = {"vector",      "number",   "label_replace", "bool",
                                  "on",          "ignoring", "group_left",    "group_right",
                                  "approx_topk", "sort",     "sort_desc"};
  for (const char* name :
       {"sum", "avg", "min", "max", "count", "stddev", "stdvar", "topk", "bottomk"}) {
    wanted.insert({name, StrCat(name, " by"), StrCat(name, " without")});
  }
  for (const char* name :
       {"+", "-", "*", "/", "%", "^", "==", "!=", ">", ">=", "<", "<=", "and", "or", "unless"}) {
    wanted.insert(name);
  }
  return wanted;
}

std::set<std::string> WantedOfStages() {
  std::set<std::string> wanted = {"json",
                                  "json fields",
                                  "logfmt",
                                  "logfmt fields",
                                  "logfmt --strict",
                                  "logfmt --keep-empty",
                                  "pattern",
                                  "regexp",
                                  "unpack",
                                  "decolorize",
                                  "line_format",
                                  "label_format",
                                  "label_format rename",
                                  "drop",
                                  "keep",
                                  "filter and",
                                  "filter or",
                                  "|= ip()",
                                  "!= ip()",
                                  "filter ip ==",
                                  "filter ip !="};
  for (const std::string_view match : kMatches) {
    wanted.insert(StrCat("{", match, "}"));
    wanted.insert(Filter("string", match));
    wanted.insert(StrCat("drop ", match));
    wanted.insert(StrCat("keep ", match));
  }
  for (const char* match : {"|=", "!=", "|~", "!~", "|>", "!>"}) {
    wanted.insert({match, StrCat(match, " or")});
  }
  for (const std::string_view comparison : kComparisons) {
    for (const char* kind : {"number", "duration", "bytes"}) {
      wanted.insert(Filter(kind, comparison));
    }
  }
  return wanted;
}

std::set<std::string> WantedOfTemplates() {
  std::set<std::string> wanted;
  for (const std::string_view name : query::FormatFunctions().Names()) {
    // No value that a template can have is a function.
    if (name != "call") wanted.insert(StrCat("template ", name));
  }
  for (const std::string_view word : kKeywords) wanted.insert(StrCat("template ", word));
  return wanted;
}

std::vector<LogqlScriptCase> AllCases() {
  std::vector<LogqlScriptCase> cases;
  for (const auto& entry : std::filesystem::directory_iterator("tests/scripts/logql")) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (LogqlScriptCase& one : RunLogqlScript(text).cases) cases.push_back(std::move(one));
  }
  return cases;
}

// The texts between the parentheses of calls that make an error, as the source has them.
std::vector<std::string> ErrorTextsIn(const std::string& source) {
  static const std::regex kCall(R"(\b(ParseError|ParseErrorAt|InvalidArgumentError|Error)\()");
  static const std::regex kLiteral(R"re("((?:\\.|[^"\\])*)"(\s*"((?:\\.|[^"\\])*)")*)re");
  static const std::regex kJoint(R"re("\s*")re");  // of literals in a row
  std::vector<std::string> texts;
  for (std::sregex_iterator call(source.begin(), source.end(), kCall), end; call != end; ++call) {
    const size_t begin = static_cast<size_t>(call->position() + call->length());
    size_t close = begin;
    for (int depth = 1; depth > 0 && close < source.size(); ++close) {
      if (source[close] == '(') ++depth;
      if (source[close] == ')') --depth;
      if (source[close] == '"') {
        for (++close; source[close] != '"'; ++close) close += source[close] == '\\' ? 1 : 0;
      }
    }
    const std::string arguments = source.substr(begin, close - begin);
    for (std::sregex_iterator literal(arguments.begin(), arguments.end(), kLiteral); literal != end;
         ++literal) {
      const std::string text = literal->str();
      texts.push_back(std::regex_replace(text.substr(1, text.size() - 2), kJoint, ""));
    }
  }
  return texts;
}

std::string WithoutEscapes(const std::string& text) {
  std::string plain = std::regex_replace(text, std::regex(R"(\\n)"), "\n");
  return std::regex_replace(plain, std::regex(R"(\\(.))"), "$1");
}

// Errors of what scripts cannot do: they come from the API, or from limits.
bool IsOfTheCaller(std::string_view text) {
  for (const std::string_view part : {"log queries are not supported as an instant query type",
                                      "max entries limit per query",
                                      "cannot read the context of lines",
                                      "end timestamp must not be before",
                                      "zero or negative query resolution",
                                      "exceeded maximum resolution",
                                      "input size too long",
                                      "maximum of series",
                                      " lines, want at most ",
                                      "cannot aggregate entries",
                                      ", line ",
                                      ", col ",
                                      "parse error at line ",
                                      "only log selector",
                                      "cannot read logs: ",
                                      " is no log query",
                                      "cannot tail a metric query",
                                      "cannot filter by a metric query",
                                      "nested too deep",
                                      "has too many operators"}) {
    if (text.find(part) != text.npos) return true;
  }
  return false;
}

TEST_SUITE("query/logql/script_coverage") {
  TEST_CASE("the scripts have a case of each stage, filter, aggregation, operator and function") {
    Constructs found;
    for (const LogqlScriptCase& one : AllCases()) {
      // What only fails, or answers nothing, shows nothing of how it is evaluated.
      if (!one.gives_numbers) continue;
      const auto expr = query::ParseLogql(one.query);
      REQUIRE_MESSAGE(expr.ok(), one.query);
      found.Add(*expr);
    }
    for (const auto& wanted :
         {WantedOfRanges(), WantedOfVectors(), WantedOfStages(), WantedOfTemplates()}) {
      for (const std::string& name : wanted) CHECK_MESSAGE(found.names.contains(name), name);
    }
  }

  TEST_CASE("the scripts show each mark that a stage leaves on an entry") {
    std::string queries;
    for (const LogqlScriptCase& one : AllCases()) {
      if (one.gives_numbers) queries += one.query + "\n";
    }
    for (const char* mark : {"JSONParserErr", "LogfmtParserErr", "SampleExtractionErr",
                             "LabelFilterErr", "TemplateFormatErr"}) {
      CHECK_MESSAGE(queries.find(StrCat("__error__=\"", mark, "\"")) != queries.npos, mark);
    }
  }

  TEST_CASE("the scripts show each error that the sources have a text for") {
    constexpr size_t kShortest = 10;  // shorter ones are joints
    std::string errors;
    for (const LogqlScriptCase& one : AllCases()) errors += one.error + "\n";
    size_t texts = 0;
    for (const auto& entry : std::filesystem::directory_iterator("query/logql")) {
      if (entry.path().extension() != ".cc") continue;
      std::ifstream in(entry.path());
      const std::string source{std::istreambuf_iterator<char>(in), {}};
      for (const std::string& literal : ErrorTextsIn(source)) {
        const std::string text = WithoutEscapes(literal);
        if (text.size() < kShortest || text.find('\n') != text.npos || IsOfTheCaller(text))
          continue;
        ++texts;
        CHECK_MESSAGE(errors.find(text) != errors.npos, entry.path().filename().string()
                                                            << ": " << text);
      }
    }
    CHECK(texts > 40);
  }
}

}  // namespace
}  // namespace varve::test
