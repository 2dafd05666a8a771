#include <algorithm>
#include <cmath>

#include "query/promql/duration_text.h"
#include "query/promql/parser_state.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

constexpr int kAddPrecedence = 1;
constexpr int kMulPrecedence = 2;
constexpr int kPowPrecedence = 3;

struct DurationToken {
  TokenKind kind;
  DurationOperator op;
  int precedence;
};

constexpr DurationToken kDurationTokens[] = {
    {TokenKind::kAdd, DurationOperator::kAdd, kAddPrecedence},
    {TokenKind::kSub, DurationOperator::kSub, kAddPrecedence},
    {TokenKind::kMul, DurationOperator::kMul, kMulPrecedence},
    {TokenKind::kDiv, DurationOperator::kDiv, kMulPrecedence},
    {TokenKind::kMod, DurationOperator::kMod, kMulPrecedence},
    {TokenKind::kPow, DurationOperator::kPow, kPowPrecedence},
};

const DurationToken* FindDurationToken(TokenKind kind) {
  for (const DurationToken& entry : kDurationTokens) {
    if (entry.kind == kind) return &entry;
  }
  return nullptr;
}

bool IsNumber(const DurationExpr& expr) { return expr.op == DurationOperator::kSeconds; }

bool InRange(double seconds) { return std::fabs(seconds) <= kDurationSecondsMax; }

}  // namespace

bool Parser::SetHeight(DurationExpr* expr, uint32_t children) {
  expr->height = children + 1;
  if (expr->height <= limits_.height_max) return true;
  return Fail(expr->position.begin,
              StrCat("cannot parse expression: more than ", limits_.height_max,
                     " operations depend on one another"));
}

Parser::DurationPtr Parser::ParseDurationBinary(int precedence_min) {
  DurationPtr left = ParseDurationUnary();
  while (left != nullptr) {
    const DurationToken* entry = FindDurationToken(kind());
    if (entry == nullptr || entry->precedence < precedence_min) return left;
    const Token op = Take();
    DurationPtr right = entry->precedence == kPowPrecedence
                            ? ParseDurationPowOperand()
                            : ParseDurationBinary(entry->precedence + 1);
    if (right == nullptr) return nullptr;
    left = MakeDurationBinary(op, std::move(left), std::move(right));
  }
  return nullptr;
}

Parser::DurationPtr Parser::ParseDurationPowOperand() {
  const Depth depth(this);
  return depth.Allowed() ? ParseDurationBinary(kPowPrecedence) : nullptr;
}

Parser::DurationPtr Parser::MakeDurationBinary(const Token& op, DurationPtr left,
                                               DurationPtr right) {
  const DurationOperator operation = FindDurationToken(op.kind)->op;
  if (IsNumber(*right) && right->seconds == 0) {
    if (operation == DurationOperator::kDiv || operation == DurationOperator::kMod) {
      Fail(op.begin, operation == DurationOperator::kDiv ? "division by zero" : "modulo by zero");
      return nullptr;
    }
  }
  auto expr = std::make_unique<DurationExpr>();
  expr->op = operation;
  expr->position = {left->position.begin, right->position.end};
  const uint32_t children = std::max(left->height, right->height);
  expr->left = std::move(left);
  expr->right = std::move(right);
  if (!SetHeight(expr.get(), children)) return nullptr;
  return expr;
}

Parser::DurationPtr Parser::ParseDurationUnary() {
  if (kind() != TokenKind::kAdd && kind() != TokenKind::kSub) return ParseDurationPrimary();
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  const Token sign = Take();
  DurationPtr operand = ParseDurationBinary(kPowPrecedence);
  if (operand == nullptr || sign.kind == TokenKind::kAdd) return operand;
  return Negate(sign, std::move(operand));
}

Parser::DurationPtr Parser::Negate(const Token& sign, DurationPtr operand) {
  if (IsNumber(*operand)) {
    operand->seconds = -operand->seconds;
    operand->position.begin = sign.begin;
    return operand;
  }
  auto expr = std::make_unique<DurationExpr>();
  expr->op = DurationOperator::kNegate;
  expr->position = {sign.begin, operand->position.end};
  const uint32_t children = operand->height;
  expr->left = std::move(operand);
  if (!SetHeight(expr.get(), children)) return nullptr;
  return expr;
}

Parser::DurationPtr Parser::ParseDurationPrimary() {
  switch (kind()) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return ParseDurationNumber();
    case TokenKind::kLeftParen:
      return ParseDurationParen();
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return ParseDurationCall();
    default:
      Unexpected();
      return nullptr;
  }
}

Parser::DurationPtr Parser::ParseDurationNumber() {
  auto expr = std::make_unique<DurationExpr>();
  expr->position = {current_.begin, current_.end};
  expr->written_as_duration = kind() == TokenKind::kDuration;
  if (!ParseNumber(&expr->seconds)) return nullptr;
  if (!InRange(expr->seconds)) {
    Fail(expr->position.begin, "duration out of range");
    return nullptr;
  }
  return expr;
}

Parser::DurationPtr Parser::ParseDurationParen() {
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  Advance();
  DurationPtr inner = ParseDurationBinary(0);
  if (inner == nullptr) return nullptr;
  if (!TakeIf(TokenKind::kRightParen)) {
    Unexpected();
    return nullptr;
  }
  inner->in_parens = !IsNumber(*inner);  // a number needs none
  return inner;
}

Parser::DurationPtr Parser::ParseDurationCall() {
  const Depth depth(this);
  if (!depth.Allowed()) return nullptr;
  auto expr = std::make_unique<DurationExpr>();
  const Token name = Take();
  uint32_t children = 0;
  bool complete = TakeIf(TokenKind::kLeftParen) || Unexpected();
  if (name.kind == TokenKind::kStep || name.kind == TokenKind::kRange) {
    expr->op = name.kind == TokenKind::kStep ? DurationOperator::kStep : DurationOperator::kRange;
  } else if (complete) {
    expr->op = name.kind == TokenKind::kMinOf ? DurationOperator::kMinOf : DurationOperator::kMaxOf;
    expr->left = ParseDurationBinary(0);
    if (expr->left == nullptr) return nullptr;
    complete = TakeIf(TokenKind::kComma) || Unexpected();
    if (complete) expr->right = ParseDurationBinary(0);
    if (expr->right == nullptr) return nullptr;
    children = std::max(expr->left->height, expr->right->height);
  }
  if (!complete || !(TakeIf(TokenKind::kRightParen) || Unexpected())) return nullptr;
  expr->position = {name.begin, last_end_};
  if (!SetHeight(expr.get(), children)) return nullptr;
  return expr;
}

void Parser::StoreDuration(DurationPtr expression, Duration* duration) {
  if (IsNumber(*expression)) {
    duration->ms = SecondsToMilliseconds(expression->seconds);
    return;
  }
  duration->expression = std::move(expression);
}

bool Parser::ParsePositiveDuration(Duration* duration) {
  DurationPtr expression = ParseDurationBinary(0);
  if (expression == nullptr) return false;
  // What cannot be read behind it is told first.
  if (kind() == TokenKind::kError) return Unexpected();
  if (IsNumber(*expression) && !(expression->seconds > 0)) {
    return Fail(expression->position.begin, "duration must be greater than 0");
  }
  StoreDuration(std::move(expression), duration);
  return true;
}

// Behind `offset` arithmetic needs parentheses: `foo offset 1m + 2` adds 2 to the values of foo.
bool Parser::ParseOffsetDuration(Duration* duration) {
  std::vector<Token> signs;
  while (kind() == TokenKind::kAdd || kind() == TokenKind::kSub) {
    signs.push_back(Take());
    if (signs.size() > limits_.depth_max) return Unexpected();
  }
  DurationPtr expression = ParseDurationPrimary();
  for (; expression != nullptr && !signs.empty(); signs.pop_back()) {
    if (signs.back().kind == TokenKind::kSub) {
      expression = Negate(signs.back(), std::move(expression));
    }
  }
  if (expression == nullptr) return false;
  StoreDuration(std::move(expression), duration);
  return true;
}

}  // namespace varve::query
