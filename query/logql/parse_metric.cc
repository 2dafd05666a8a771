// Productions of metric expressions: aggregations, operators, functions, literals.
#include <cmath>
#include <optional>

#include "query/engine/number_format.h"
#include "query/logql/lexer.h"
#include "query/logql/parser.h"
#include "query/logql/quantity.h"
#include "query/logql/regex.h"
#include "query/logql/syntax_reader.h"
#include "query/template/go_regex.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

struct VectorFunction {
  std::string_view name;
  AggregateOperator op;
};
constexpr VectorFunction kVectorFunctions[] = {
    {"sum", AggregateOperator::kSum},         {"avg", AggregateOperator::kAvg},
    {"min", AggregateOperator::kMin},         {"max", AggregateOperator::kMax},
    {"count", AggregateOperator::kCount},     {"stddev", AggregateOperator::kStddev},
    {"stdvar", AggregateOperator::kStdvar},   {"topk", AggregateOperator::kTopk},
    {"bottomk", AggregateOperator::kBottomk}, {"approx_topk", AggregateOperator::kTopk},
    {"sort", AggregateOperator::kSum},        {"sort_desc", AggregateOperator::kSum}};

const VectorFunction* VectorFunctionOf(std::string_view word) {
  for (const VectorFunction& function : kVectorFunctions) {
    if (function.name == word) return &function;
  }
  return nullptr;
}

struct OperatorRow {
  BinaryOperator op;
  int precedence;
};

// The binary operator a token stands for. A word counts only where an operator may stand.
std::optional<OperatorRow> OperatorOf(const LogqlToken& token) {
  switch (token.type) {
    case TokenType::kAdd:
      return OperatorRow{BinaryOperator::kAdd, 4};
    case TokenType::kSub:
      return OperatorRow{BinaryOperator::kSub, 4};
    case TokenType::kMul:
      return OperatorRow{BinaryOperator::kMul, 5};
    case TokenType::kDiv:
      return OperatorRow{BinaryOperator::kDiv, 5};
    case TokenType::kMod:
      return OperatorRow{BinaryOperator::kMod, 5};
    case TokenType::kPow:
      return OperatorRow{BinaryOperator::kPow, 6};
    case TokenType::kEqualEqual:
      return OperatorRow{BinaryOperator::kEqual, 3};
    case TokenType::kNotEqual:
      return OperatorRow{BinaryOperator::kNotEqual, 3};
    case TokenType::kGreater:
      return OperatorRow{BinaryOperator::kGreater, 3};
    case TokenType::kGreaterOrEqual:
      return OperatorRow{BinaryOperator::kGreaterOrEqual, 3};
    case TokenType::kLess:
      return OperatorRow{BinaryOperator::kLess, 3};
    case TokenType::kLessOrEqual:
      return OperatorRow{BinaryOperator::kLessOrEqual, 3};
    case TokenType::kIdentifier:
      if (token.text == "and") return OperatorRow{BinaryOperator::kAnd, 2};
      if (token.text == "unless") return OperatorRow{BinaryOperator::kUnless, 2};
      if (token.text == "or") return OperatorRow{BinaryOperator::kOr, 1};
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

template <typename Node>
MetricExprPtr Wrap(Node node) {
  auto expr = std::make_unique<MetricExpr>();
  expr->node = std::move(node);
  return expr;
}

const double* LiteralOf(const MetricExpr& expr) {
  const auto* literal = std::get_if<LiteralExpr>(&expr.node);
  return literal == nullptr ? nullptr : &literal->value;
}

absl::Status CheckLiteralLegs(const LogqlBinaryExpr& node) {
  if (!IsSetOperator(node.operation.op)) return absl::OkStatus();
  const auto error = [&](std::string_view side, double value) {
    return ParseError(StrCat("unexpected literal for ", side,
                             " leg of logical/set binary operation (",
                             BinaryOperatorText(node.operation.op), "): ", FormatFloat(value)));
  };
  if (const double* value = LiteralOf(*node.left)) return error("left", *value);
  if (const double* value = LiteralOf(*node.right)) return error("right", *value);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRangeAggregation(const RangeAggregationExpr& node) {
  const std::string_view name = RangeFunctionText(node.function);
  if (node.grouping) {
    switch (node.function) {
      case RangeFunction::kAvg:
      case RangeFunction::kStddev:
      case RangeFunction::kStdvar:
      case RangeFunction::kQuantile:
      case RangeFunction::kMax:
      case RangeFunction::kMin:
      case RangeFunction::kFirst:
      case RangeFunction::kLast:
        break;
      default:
        return ParseError(StrCat("grouping not allowed for ", name, " aggregation"));
    }
  }
  switch (node.function) {
    case RangeFunction::kRate:
    case RangeFunction::kAbsent:
      return absl::OkStatus();
    case RangeFunction::kCount:
    case RangeFunction::kBytes:
    case RangeFunction::kBytesRate:
      if (!node.range.unwrap) return absl::OkStatus();
      return ParseError(StrCat("invalid aggregation ", name, " with unwrap"));
    default:
      if (node.range.unwrap) return absl::OkStatus();
      return ParseError(StrCat("invalid aggregation ", name, " without unwrap"));
  }
}

absl::StatusOr<LogqlExpr> SyntaxReader::ReadExpr(int precedence_min) {
  const DepthGuard guard(&depth_);
  if (depth_ > kLogqlDepthMax) return ParseError("expression is nested too deep");
  VARVE_ASSIGN_OR_RETURN(LogqlExpr left, ReadPrimary());
  while (const std::optional<OperatorRow> row = OperatorOf(Peek())) {
    if (row->precedence < precedence_min) break;
    if (std::holds_alternative<LogExpr>(left)) return Unexpected();
    if (++operators_ > kLogqlOperatorsMax) return ParseError("expression has too many operators");
    VARVE_ASSIGN_OR_RETURN(BinaryOperation operation, ReadBinaryOperation());
    // The power operator is the one that associates to the right.
    const int next_min = row->precedence + (operation.op == BinaryOperator::kPow ? 0 : 1);
    const LogqlToken& start = Peek();
    VARVE_ASSIGN_OR_RETURN(LogqlExpr right, ReadExpr(next_min));
    if (std::holds_alternative<LogExpr>(right)) {
      return ParseErrorAt(start.line, start.column, "syntax error: unexpected {");
    }
    LogqlBinaryExpr node{std::move(operation), std::get<MetricExprPtr>(std::move(left)),
                         std::get<MetricExprPtr>(std::move(right))};
    VARVE_RETURN_IF_ERROR(CheckLiteralLegs(node));
    left = Wrap(std::move(node));
  }
  return left;
}

absl::StatusOr<BinaryOperation> SyntaxReader::ReadBinaryOperation() {
  BinaryOperation operation;
  operation.op = OperatorOf(Take())->op;
  operation.return_bool = TakeWordIf("bool");
  VectorMatching& matching = operation.matching;
  if (AtWord("on") || AtWord("ignoring")) {
    matching.on = Take().text == "on";
    VARVE_ASSIGN_OR_RETURN(matching.labels, ReadNameList());
    if (AtWord("group_left") || AtWord("group_right")) {
      matching.cardinality =
          Take().text == "group_left" ? MatchCardinality::kManyToOne : MatchCardinality::kOneToMany;
      if (At(TokenType::kOpenParen) &&
          (Peek(1).type == TokenType::kCloseParen ||
           (Peek(1).type == TokenType::kIdentifier &&
            (Peek(2).type == TokenType::kComma || Peek(2).type == TokenType::kCloseParen)))) {
        VARVE_ASSIGN_OR_RETURN(matching.include, ReadNameList());
      }
    }
  }
  if (IsSetOperator(operation.op)) matching.cardinality = MatchCardinality::kManyToMany;
  return operation;
}

absl::StatusOr<LogqlExpr> SyntaxReader::ReadPrimary() {
  switch (Peek().type) {
    case TokenType::kOpenBrace: {
      VARVE_ASSIGN_OR_RETURN(LogExpr log, ReadLog());
      VARVE_RETURN_IF_ERROR(CheckSelector(log.matchers));
      return LogqlExpr(std::move(log));
    }
    case TokenType::kOpenParen: {
      Take();
      VARVE_ASSIGN_OR_RETURN(LogqlExpr inner, ReadExpr(0));
      VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
      if (auto* log = std::get_if<LogExpr>(&inner)) {
        VARVE_RETURN_IF_ERROR(ReadPipeline(log, nullptr));
      }
      return inner;
    }
    case TokenType::kNumber:
    case TokenType::kAdd:
    case TokenType::kSub: {
      VARVE_ASSIGN_OR_RETURN(const double value, ReadLiteral());
      return LogqlExpr(Wrap(LiteralExpr{value}));
    }
    case TokenType::kIdentifier: {
      VARVE_ASSIGN_OR_RETURN(MetricExprPtr call, ReadCall());
      return LogqlExpr(std::move(call));
    }
    default:
      return Unexpected();
  }
}

absl::StatusOr<MetricExprPtr> SyntaxReader::ReadMetric() {
  VARVE_ASSIGN_OR_RETURN(LogqlExpr expr, ReadExpr(0));
  if (std::holds_alternative<LogExpr>(expr)) return Unexpected();
  return std::get<MetricExprPtr>(std::move(expr));
}

absl::StatusOr<double> SyntaxReader::ReadLiteral() {
  std::string text;
  if (At(TokenType::kAdd) || At(TokenType::kSub)) text = Take().text;
  if (!At(TokenType::kNumber)) return Unexpected("NUMBER");
  const absl::StatusOr<double> value = ParseFloatValue(StrCat(text, Take().text));
  if (!value.ok()) {
    return ParseError(StrCat("unable to parse literal as a float: ", value.status().message()));
  }
  return *value;
}

absl::StatusOr<MetricExprPtr> SyntaxReader::ReadCall() {
  const std::string& word = Peek().text;
  const LogqlToken& next = Peek(1);
  const bool open = next.type == TokenType::kOpenParen;
  const bool grouped =
      next.type == TokenType::kIdentifier && (next.text == "by" || next.text == "without");
  if (open && word == "vector") return ReadVector();
  if (open && word == "label_replace") return ReadLabelReplace();
  if (open) {
    if (const auto function = FindRangeFunction(word)) return ReadRangeAggregation(*function);
  }
  if ((open || grouped) && VectorFunctionOf(word) != nullptr) return ReadVectorAggregation();
  return Unexpected();
}

absl::StatusOr<MetricExprPtr> SyntaxReader::ReadRangeAggregation(RangeFunction function) {
  Take();
  Take();
  RangeAggregationExpr node;
  node.function = function;
  if (function == RangeFunction::kQuantile) {
    if (!At(TokenType::kNumber)) {
      if (At(TokenType::kOpenBrace) || At(TokenType::kOpenParen)) {
        return ParseError("parameter required for operation quantile_over_time");
      }
      return Unexpected();
    }
    VARVE_ASSIGN_OR_RETURN(node.parameter, ReadLiteral());
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kComma, ","));
  }
  VARVE_ASSIGN_OR_RETURN(node.range, ReadLogRange());
  if (node.range.range_ns == 0) return Unexpected();
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
  if (AtWord("by") || AtWord("without")) {
    VARVE_ASSIGN_OR_RETURN(node.grouping, ReadGrouping());
  }
  VARVE_RETURN_IF_ERROR(CheckRangeAggregation(node));
  VARVE_RETURN_IF_ERROR(CheckSelector(node.range.log.matchers));
  return Wrap(std::move(node));
}

absl::Status SyntaxReader::ReadVectorParameter(VectorAggregationExpr* node) {
  const bool wants =
      node->op == AggregateOperator::kTopk || node->op == AggregateOperator::kBottomk;
  if (!At(TokenType::kNumber) || Peek(1).type != TokenType::kComma) {
    if (wants) return ParseError(StrCat("parameter required for operation ", node->name));
    return absl::OkStatus();
  }
  const std::string text = Take().text;
  Take();
  if (!wants) {
    return ParseError(StrCat("unsupported parameter for operation ", node->name, "(", text, ","));
  }
  double k = 0;
  if (!ParseFloat(text, &k) || k != std::floor(k)) {
    return ParseError(StrCat("invalid parameter ", node->name, "(", text, ","));
  }
  if (k <= 0) {
    return ParseError(StrCat("invalid parameter (must be greater than 0) ", node->name, "(", text));
  }
  node->parameter = k;
  return absl::OkStatus();
}

absl::StatusOr<MetricExprPtr> SyntaxReader::ReadVectorAggregation() {
  VectorAggregationExpr node;
  node.name = Take().text;
  node.op = VectorFunctionOf(node.name)->op;
  node.approximate = node.name == "approx_topk";
  if (node.name == "sort") node.sort = VectorAggregationExpr::Sort::kAscending;
  if (node.name == "sort_desc") node.sort = VectorAggregationExpr::Sort::kDescending;
  if (AtWord("by") || AtWord("without")) {
    VARVE_ASSIGN_OR_RETURN(node.grouping, ReadGrouping());
  }
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kOpenParen, "("));
  VARVE_RETURN_IF_ERROR(ReadVectorParameter(&node));
  VARVE_ASSIGN_OR_RETURN(node.operand, ReadMetric());
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
  if (!node.grouping && (AtWord("by") || AtWord("without"))) {
    VARVE_ASSIGN_OR_RETURN(node.grouping, ReadGrouping());
  }
  if (node.grouping && (node.approximate || node.sort != VectorAggregationExpr::Sort::kNone)) {
    return ParseError(StrCat("grouping not allowed for ", node.name, " aggregation"));
  }
  return Wrap(std::move(node));
}

absl::StatusOr<MetricExprPtr> SyntaxReader::ReadVector() {
  Take();
  Take();
  if (!At(TokenType::kNumber)) return Unexpected("NUMBER");
  VARVE_ASSIGN_OR_RETURN(const double value, ReadLiteral());
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
  return Wrap(VectorExpr{value});
}

absl::StatusOr<MetricExprPtr> SyntaxReader::ReadLabelReplace() {
  Take();
  Take();
  LabelReplaceExpr node;
  VARVE_ASSIGN_OR_RETURN(node.operand, ReadMetric());
  for (std::string* text : {&node.target, &node.replacement, &node.source, &node.regex}) {
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kComma, ","));
    VARVE_ASSIGN_OR_RETURN(*text, TakeText(TokenType::kString, "STRING"));
  }
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
  if (const std::string error = RegexError(node.regex); !error.empty()) {
    return ParseError(StrCat("invalid regex in label_replace: ", error));
  }
  return Wrap(std::move(node));
}

absl::StatusOr<Grouping> SyntaxReader::ReadGrouping() {
  Grouping grouping;
  grouping.without = Take().text == "without";
  VARVE_ASSIGN_OR_RETURN(grouping.labels, ReadNameList());
  return grouping;
}

absl::StatusOr<std::vector<std::string>> SyntaxReader::ReadNameList() {
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kOpenParen, "("));
  std::vector<std::string> names;
  if (TakeIf(TokenType::kCloseParen)) return names;
  while (true) {
    VARVE_ASSIGN_OR_RETURN(std::string name, TakeText(TokenType::kIdentifier, "IDENTIFIER or )"));
    names.push_back(std::move(name));
    if (TakeIf(TokenType::kCloseParen)) return names;
    if (!TakeIf(TokenType::kComma)) return Unexpected(", or )");
    if (TakeIf(TokenType::kCloseParen)) return names;
  }
}

}  // namespace varve::query
