#include <algorithm>

#include "query/promql/duration_text.h"
#include "query/promql/functions_table.h"
#include "query/promql/go_text.h"
#include "query/promql/parser_state.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::Quote;
using storage::StrCat;

constexpr int kMulPrecedence = 5;
constexpr int kPowPrecedence = 6;

struct BinaryToken {
  TokenKind kind;
  BinaryOperator op;
  int precedence;
};

constexpr BinaryToken kBinaryTokens[] = {
    {TokenKind::kOr, BinaryOperator::kOr, 1},
    {TokenKind::kAnd, BinaryOperator::kAnd, 2},
    {TokenKind::kUnless, BinaryOperator::kUnless, 2},
    {TokenKind::kEqual, BinaryOperator::kEqual, 3},
    {TokenKind::kNotEqual, BinaryOperator::kNotEqual, 3},
    {TokenKind::kLess, BinaryOperator::kLess, 3},
    {TokenKind::kLessOrEqual, BinaryOperator::kLessOrEqual, 3},
    {TokenKind::kGreater, BinaryOperator::kGreater, 3},
    {TokenKind::kGreaterOrEqual, BinaryOperator::kGreaterOrEqual, 3},
    {TokenKind::kTrimUpper, BinaryOperator::kTrimUpper, 3},
    {TokenKind::kTrimLower, BinaryOperator::kTrimLower, 3},
    {TokenKind::kAdd, BinaryOperator::kAdd, 4},
    {TokenKind::kSub, BinaryOperator::kSub, 4},
    {TokenKind::kMul, BinaryOperator::kMul, kMulPrecedence},
    {TokenKind::kDiv, BinaryOperator::kDiv, kMulPrecedence},
    {TokenKind::kMod, BinaryOperator::kMod, kMulPrecedence},
    {TokenKind::kAtan2, BinaryOperator::kAtan2, kMulPrecedence},
    {TokenKind::kPow, BinaryOperator::kPow, kPowPrecedence},
};

const BinaryToken* FindBinary(TokenKind kind) {
  for (const BinaryToken& entry : kBinaryTokens) {
    if (entry.kind == kind) return &entry;
  }
  return nullptr;
}

bool HasParameter(AggregateOperator op) {
  switch (op) {
    case AggregateOperator::kTopk:
    case AggregateOperator::kBottomk:
    case AggregateOperator::kQuantile:
    case AggregateOperator::kCountValues:
    case AggregateOperator::kLimitk:
    case AggregateOperator::kLimitRatio:
      return true;
    default:
      return false;
  }
}

// Whether a token may stand first in an expression.
bool StartsExpression(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLeftParen:
    case TokenKind::kLeftBrace:
    case TokenKind::kString:
    case TokenKind::kNumber:
    case TokenKind::kDuration:
    case TokenKind::kIdentifier:
    case TokenKind::kMetricIdentifier:
    case TokenKind::kAdd:
    case TokenKind::kSub:
    case TokenKind::kAnd:
    case TokenKind::kOr:
    case TokenKind::kUnless:
    case TokenKind::kAggregator:
    case TokenKind::kBy:
    case TokenKind::kWithout:
    case TokenKind::kOffset:
    case TokenKind::kAnchored:
    case TokenKind::kSmoothed:
    case TokenKind::kStart:
    case TokenKind::kEnd:
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return true;
    default:
      return false;
  }
}

bool IsFunctionName(TokenKind kind) {
  return kind == TokenKind::kIdentifier || (kind >= TokenKind::kStart && kind <= TokenKind::kMaxOf);
}

// In a list of labels every keyword is a name; `inf` and `nan` are not.
bool IsLabelName(TokenKind kind) {
  return kind == TokenKind::kIdentifier || kind == TokenKind::kMetricIdentifier ||
         kind == TokenKind::kAnd || kind == TokenKind::kOr || kind == TokenKind::kUnless ||
         kind == TokenKind::kAtan2 || kind >= TokenKind::kAggregator;
}

}  // namespace

ExprPtr Parser::ParseBinary(int precedence_min) {
  ExprPtr left = ParseUnary();
  while (left != nullptr) {
    const BinaryToken* entry = FindBinary(kind());
    if (entry == nullptr || entry->precedence < precedence_min) return left;
    const Token op = Take();
    auto binary = std::make_unique<BinaryExpr>();
    binary->operation.op = entry->op;
    if (!ParseBinaryModifiers(binary.get())) return nullptr;
    ExprPtr right = entry->precedence == kPowPrecedence ? ParsePowOperand()
                                                        : ParseBinary(entry->precedence + 1);
    if (right == nullptr) return nullptr;
    left = MakeBinary(op, std::move(left), std::move(binary), std::move(right));
  }
  return nullptr;
}

// `^` alone groups from right to left, so that a chain of it nests.
ExprPtr Parser::ParsePowOperand() {
  const Depth depth(this);
  return depth.Allowed() ? ParseBinary(kPowPrecedence) : nullptr;
}

ExprPtr Parser::MakeBinary(const Token& op, ExprPtr left, std::unique_ptr<BinaryExpr> binary,
                           ExprPtr right) {
  binary->position = {left->position.begin, right->position.end};
  binary->operator_begin = op.begin;
  const uint32_t children = std::max(left->height, right->height);
  binary->left = std::move(left);
  binary->right = std::move(right);
  binary->has_matching = true;  // until the type check has seen both sides
  if (!SetHeight(binary.get(), children)) return nullptr;
  return binary;
}

ExprPtr Parser::ParseUnary() {
  if (kind() != TokenKind::kAdd && kind() != TokenKind::kSub) {
    ExprPtr expr = ParsePrimary();
    return expr == nullptr ? nullptr : ParsePostfix(std::move(expr));
  }
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  const Token sign = Take();
  // A sign binds like `*`: only `^` binds tighter, so that -1^2 is -(1^2).
  ExprPtr operand = ParseBinary(kPowPrecedence);
  if (operand == nullptr) return nullptr;
  const bool negative = sign.kind == TokenKind::kSub;
  if (operand->kind == ExprKind::kNumberLiteral) {
    auto& number = As<NumberLiteral>(*operand);
    if (negative) number.value = -number.value;
    number.position.begin = sign.begin;
    return operand;
  }
  auto unary = std::make_unique<UnaryExpr>();
  unary->negative = negative;
  unary->position = {sign.begin, operand->position.end};
  const uint32_t children = operand->height;
  unary->expr = std::move(operand);
  if (!SetHeight(unary.get(), children)) return nullptr;
  return unary;
}

ExprPtr Parser::ParsePrimary() {
  switch (kind()) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return ParseNumberLiteral();
    case TokenKind::kString:
      return ParseStringLiteral();
    case TokenKind::kLeftParen:
      return ParseParen();
    case TokenKind::kAggregator: {
      const TokenKind next = PeekAhead().kind;
      if (next == TokenKind::kLeftParen || next == TokenKind::kBy || next == TokenKind::kWithout) {
        return ParseAggregate();
      }
      return ParseSelector();
    }
    default:
      break;
  }
  if (IsFunctionName(kind()) && PeekAhead().kind == TokenKind::kLeftParen) return ParseCall();
  if (StartsExpression(kind())) return ParseSelector();
  Unexpected();
  return nullptr;
}

ExprPtr Parser::ParseParen() {
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  const Token open = Take();
  ExprPtr inner = ParseBinary(0);
  if (inner == nullptr) return nullptr;
  if (!TakeIf(TokenKind::kRightParen)) {
    Unexpected();
    return nullptr;
  }
  auto paren = std::make_unique<ParenExpr>();
  paren->position = {open.begin, last_end_};
  const uint32_t children = inner->height;
  paren->expr = std::move(inner);
  if (!SetHeight(paren.get(), children)) return nullptr;
  return paren;
}

bool Parser::ParseNumber(double* value) {
  if (kind() == TokenKind::kDuration) {
    const auto milliseconds = ParsePromDuration(current_.text);
    if (!milliseconds.ok()) {
      return Fail(current_.begin, storage::ToStd(milliseconds.status().message()));
    }
    *value = static_cast<double>(*milliseconds) / 1000;
  } else {
    std::string reason;
    if (!query::ParseNumber(current_.text, value, &reason)) {
      return Fail(current_.begin, StrCat("error parsing number: ", reason));
    }
  }
  Advance();
  return true;
}

ExprPtr Parser::ParseNumberLiteral() {
  auto number = std::make_unique<NumberLiteral>();
  number->position = {current_.begin, current_.end};
  number->written_as_duration = kind() == TokenKind::kDuration;
  if (!ParseNumber(&number->value)) return nullptr;
  return number;
}

ExprPtr Parser::ParseStringLiteral() {
  auto literal = std::make_unique<StringLiteral>();
  const Token token = Take();
  literal->position = {token.begin, token.end};
  literal->value = Unquote(token.text);
  return literal;
}

bool Parser::ParseArguments(std::vector<ExprPtr>* arguments) {
  if (!TakeIf(TokenKind::kLeftParen)) return Unexpected();
  if (TakeIf(TokenKind::kRightParen)) return true;
  while (true) {
    ExprPtr argument = ParseBinary(0);
    if (argument == nullptr) return false;
    arguments->push_back(std::move(argument));
    if (TakeIf(TokenKind::kRightParen)) return true;
    if (kind() != TokenKind::kComma) return Unexpected();
    const Token comma = Take();
    if (!StartsExpression(kind()) && kind() != TokenKind::kError) {
      return Fail(comma.begin, "trailing commas not allowed in function call args");
    }
  }
}

namespace {

bool IsLogRange(const std::vector<ExprPtr>& arguments) {
  if (arguments.size() != 1) return false;
  const Expr& range = StripParens(*arguments[0]);
  return range.kind == ExprKind::kMatrixSelector &&
         !As<MatrixSelector>(range).selector->log_query.empty();
}

}  // namespace

ExprPtr Parser::ParseCall() {
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  const Token name = Take();
  auto call = std::make_unique<Call>();
  if (!ParseArguments(&call->arguments)) return nullptr;
  call->function = FindFunction(name.text);
  if (call->function == nullptr && IsLogRange(call->arguments)) {
    call->function = FindLogFunction(name.text);
  }
  if (call->function == nullptr) {
    Fail(name.begin, StrCat("unknown function with name ", Quote(name.text)));
    return nullptr;
  }
  call->position = {name.begin, last_end_};
  uint32_t children = 0;
  for (const ExprPtr& argument : call->arguments) children = std::max(children, argument->height);
  if (!SetHeight(call.get(), children)) return nullptr;
  return call;
}

ExprPtr Parser::ParseAggregate() {
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  const Token name = Take();
  auto aggregate = std::make_unique<AggregateExpr>();
  aggregate->op = name.aggregate;
  std::vector<ExprPtr> arguments;
  ++open_aggregations_;
  const bool grouped = kind() != TokenKind::kLeftParen;
  if (grouped && !ParseGroupingClause(&aggregate->grouping)) return nullptr;
  if (!ParseArguments(&arguments)) return nullptr;
  const bool grouping_follows = kind() == TokenKind::kBy || kind() == TokenKind::kWithout;
  if (!grouped && grouping_follows && !ParseGroupingClause(&aggregate->grouping)) return nullptr;
  --open_aggregations_;
  // What follows is looked at before the arguments are, because it may be the grouping.
  if (!grouped && kind() == TokenKind::kError) {
    Unexpected();
    return nullptr;
  }

  aggregate->position = {name.begin, last_end_};
  if (arguments.empty()) {
    FailAt(*aggregate, "no arguments for aggregate expression provided");
    return nullptr;
  }
  const size_t wanted = HasParameter(aggregate->op) ? 2 : 1;
  if (arguments.size() != wanted) {
    FailAt(*aggregate,
           StrCat("wrong number of arguments for aggregate expression provided, expected ", wanted,
                  ", got ", arguments.size()));
    return nullptr;
  }
  uint32_t children = 0;
  for (const ExprPtr& argument : arguments) children = std::max(children, argument->height);
  aggregate->expr = std::move(arguments.back());
  if (wanted == 2) aggregate->parameter = std::move(arguments.front());
  if (!SetHeight(aggregate.get(), children)) return nullptr;
  return aggregate;
}

bool Parser::ParseGroupingClause(Grouping* grouping) {
  grouping->without = Take().kind == TokenKind::kWithout;
  return ParseLabelNames(&grouping->labels);
}

bool Parser::ParseLabelNames(std::vector<std::string>* names) {
  if (!TakeIf(TokenKind::kLeftParen)) return Unexpected("grouping opts", "\"(\"");
  while (!TakeIf(TokenKind::kRightParen)) {
    if (!ParseLabelName(names)) return false;
    if (kind() == TokenKind::kRightParen) continue;
    if (!TakeIf(TokenKind::kComma)) return Unexpected("grouping opts", "\",\" or \")\"");
  }
  return true;
}

bool Parser::ParseLabelName(std::vector<std::string>* names) {
  std::string name;
  if (kind() == TokenKind::kString) {
    name = Unquote(current_.text);
  } else if (IsLabelName(kind())) {
    name = std::string(current_.text);
  } else {
    return Unexpected("grouping opts", "label");
  }
  if (name.empty() || !IsValidUtf8(name)) {
    return Fail(current_.begin, StrCat("invalid label name for grouping: ", Quote(name)));
  }
  names->push_back(std::move(name));
  Advance();
  return true;
}

bool Parser::ParseBinaryModifiers(BinaryExpr* binary) {
  VectorMatching& matching = binary->operation.matching;
  binary->operation.return_bool = TakeIf(TokenKind::kBool);
  if (kind() == TokenKind::kOn || kind() == TokenKind::kIgnoring) {
    matching.on = Take().kind == TokenKind::kOn;
    if (!ParseLabelNames(&matching.labels)) return false;
    if (kind() == TokenKind::kGroupLeft || kind() == TokenKind::kGroupRight) {
      matching.cardinality = Take().kind == TokenKind::kGroupLeft ? MatchCardinality::kManyToOne
                                                                  : MatchCardinality::kOneToMany;
      // Without labels an operand follows, or a fill.
      const bool ends = StartsExpression(kind()) || kind() == TokenKind::kFill ||
                        kind() == TokenKind::kFillLeft || kind() == TokenKind::kFillRight;
      if (kind() == TokenKind::kLeftParen || !ends) {
        if (!ParseLabelNames(&matching.include)) return false;
      }
    }
  }
  return ParseFill(&matching);
}

bool Parser::ParseFill(VectorMatching* matching) {
  if (TakeIf(TokenKind::kFill)) {
    double value = 0;
    if (!ParseFillValue(&value)) return false;
    matching->fill_left = value;
    matching->fill_right = value;
    return true;
  }
  // One side, or both in any order.
  for (int sides = 0; sides < 2; ++sides) {
    const bool left = kind() == TokenKind::kFillLeft && !matching->fill_left.has_value();
    const bool right = kind() == TokenKind::kFillRight && !matching->fill_right.has_value();
    if (!left && !right) return true;
    Advance();
    double value = 0;
    if (!ParseFillValue(&value)) return false;
    (left ? matching->fill_left : matching->fill_right) = value;
  }
  return true;
}

bool Parser::ParseFillValue(double* value) {
  if (!TakeIf(TokenKind::kLeftParen)) return Unexpected();
  bool negative = false;
  if (kind() == TokenKind::kAdd || kind() == TokenKind::kSub) {
    negative = Take().kind == TokenKind::kSub;
  }
  if (kind() != TokenKind::kNumber && kind() != TokenKind::kDuration) return Unexpected();
  if (!ParseNumber(value)) return false;
  if (negative) *value = -*value;
  return TakeIf(TokenKind::kRightParen) || Unexpected();
}

}  // namespace varve::query
