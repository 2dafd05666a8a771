// The project's own scripts have a case of everything the language has: each function, aggregator
// and operator, and each form that matching, selectors and ranges can have.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "query/promql/ast.h"
#include "query/promql/functions_table.h"
#include "query/promql/parser.h"
#include "tests/query/promql/script_parser.h"

namespace varve::tests {
namespace {

using query::AggregateExpr;
using query::BinaryExpr;
using query::Call;
using query::Expr;
using query::ExprKind;
using query::MatrixSelector;
using query::SubqueryExpr;
using query::TimeModifiers;
using query::UnaryExpr;
using query::VectorSelector;

// What the parts of an expression are called: functions and operators as they are written.
class Constructs {
 public:
  std::set<std::string> names;

  void Add(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
        return;
      case ExprKind::kVectorSelector:
        return AddSelector(static_cast<const VectorSelector&>(expr));
      case ExprKind::kMatrixSelector:
        return AddSelector(*static_cast<const MatrixSelector&>(expr).selector);
      case ExprKind::kSubquery: {
        const auto& subquery = static_cast<const SubqueryExpr&>(expr);
        names.insert(subquery.has_step ? "[:step]" : "[:]");
        AddTime(subquery.time, "subquery ");
        return Add(*subquery.expr);
      }
      case ExprKind::kUnary: {
        const auto& unary = static_cast<const UnaryExpr&>(expr);
        names.insert(unary.negative ? "unary -" : "unary +");
        return Add(*unary.expr);
      }
      case ExprKind::kBinary:
        return AddBinary(static_cast<const BinaryExpr&>(expr));
      case ExprKind::kAggregate: {
        const auto& aggregate = static_cast<const AggregateExpr&>(expr);
        names.emplace(query::AggregateOperatorText(aggregate.op));
        if (!aggregate.grouping.labels.empty()) {
          names.insert(aggregate.grouping.without ? "without" : "by");
        }
        if (aggregate.parameter != nullptr) Add(*aggregate.parameter);
        return Add(*aggregate.expr);
      }
      case ExprKind::kCall: {
        const auto& call = static_cast<const Call&>(expr);
        names.emplace(call.function->name);
        for (const query::ExprPtr& argument : call.arguments) Add(*argument);
        return;
      }
      case ExprKind::kParen:
        return Add(*static_cast<const query::ParenExpr&>(expr).expr);
    }
  }

 private:
  void AddTime(const TimeModifiers& time, const std::string& of) {
    if (time.has_offset) names.insert(of + (time.offset.ms < 0 ? "offset -" : "offset"));
    if (time.at == TimeModifiers::At::kTimestamp) names.insert(of + "@");
    if (time.at == TimeModifiers::At::kStart) names.insert(of + "@ start()");
    if (time.at == TimeModifiers::At::kEnd) names.insert(of + "@ end()");
  }

  void AddSelector(const VectorSelector& selector) {
    AddTime(selector.time, "");
    if (selector.anchored) names.insert("anchored");
    if (selector.smoothed) names.insert("smoothed");
    for (const storage::Matcher& matcher : selector.matchers) {
      names.insert("{" + std::string(storage::MatchTypeText(matcher.type())) + "}");
    }
  }

  void AddBinary(const BinaryExpr& binary) {
    const query::BinaryOperation& operation = binary.operation;
    names.emplace(query::BinaryOperatorText(operation.op));
    if (operation.return_bool) names.insert("bool");
    if (binary.has_matching) {
      const query::VectorMatching& matching = operation.matching;
      if (!matching.labels.empty()) names.insert(matching.on ? "on" : "ignoring");
      if (matching.cardinality == query::MatchCardinality::kManyToOne) names.insert("group_left");
      if (matching.cardinality == query::MatchCardinality::kOneToMany) names.insert("group_right");
      if (matching.fill_left) names.insert("fill_left");
      if (matching.fill_right) names.insert("fill_right");
    }
    Add(*binary.left);
    Add(*binary.right);
  }
};

std::set<std::string> Wanted() {
  std::set<std::string> wanted = {"{=}",        "{!=}",      "{=~}",       "{!~}",
                                  "offset",     "offset -",  "@",          "@ start()",
                                  "@ end()",    "anchored",  "smoothed",   "[:step]",
                                  "[:]",        "unary -",   "unary +",    "subquery offset",
                                  "subquery @", "by",        "without",    "bool",
                                  "on",         "ignoring",  "group_left", "group_right",
                                  "fill_left",  "fill_right"};
  for (const query::FunctionSignature& function : query::AllFunctions()) {
    wanted.emplace(function.name);
  }
  for (int op = 0; op <= static_cast<int>(query::AggregateOperator::kLimitRatio); ++op) {
    wanted.emplace(query::AggregateOperatorText(static_cast<query::AggregateOperator>(op)));
  }
  for (int op = 0; op <= static_cast<int>(query::BinaryOperator::kTrimLower); ++op) {
    wanted.emplace(query::BinaryOperatorText(static_cast<query::BinaryOperator>(op)));
  }
  return wanted;
}

TEST_SUITE("query/promql/script_coverage") {
  TEST_CASE("the scripts have a case of each function, aggregator, operator and modifier") {
    Constructs found;
    for (const auto& entry : std::filesystem::directory_iterator("tests/scripts/promql")) {
      std::ifstream in(entry.path());
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      const auto commands = ParseScript(text);
      REQUIRE_MESSAGE(commands.ok(), commands.status().ToString());
      for (const ScriptCommand& command : *commands) {
        const bool evaluates = command.kind == ScriptCommand::Kind::kInstant ||
                               command.kind == ScriptCommand::Kind::kRange;
        // What only fails, or answers nothing, shows nothing of how it is evaluated.
        if (!evaluates || (command.series.empty() && !command.string)) continue;
        const auto expr = query::ParseExpression(command.expr);
        if (expr.ok()) found.Add(**expr);
      }
    }
    for (const std::string& name : Wanted()) CHECK_MESSAGE(found.names.contains(name), name);
  }
}

}  // namespace
}  // namespace varve::tests
