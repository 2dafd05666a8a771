#include "query/promql/parser.h"

#include "query/promql/parser_state.h"
#include "query/promql/type_check.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {

using storage::StrCat;

absl::Status ParseError(std::string_view text, size_t offset, std::string_view message) {
  return absl::InvalidArgumentError(storage::ToAbsl(StrCat(
      text.empty() ? "unknown position" : PositionText(text, offset), ": parse error: ", message)));
}

Parser::Parser(std::string_view text, const ParseLimits& limits)
    : text_(text), limits_(limits), lexer_(text) {
  current_ = lexer_.Next();
}

bool Parser::Depth::Allowed() const {
  if (parser_->depth_ <= parser_->limits_.depth_max) return true;
  return parser_->Fail(parser_->current_.begin, StrCat("cannot parse expression: nested more than ",
                                                       parser_->limits_.depth_max, " levels deep"));
}

const Token& Parser::PeekAhead() {
  if (!has_ahead_) {
    ahead_ = lexer_.Next();
    has_ahead_ = true;
  }
  return ahead_;
}

void Parser::Advance() {
  last_end_ = current_.end;
  current_ = has_ahead_ ? std::move(ahead_) : lexer_.Next();
  has_ahead_ = false;
}

Token Parser::Take() {
  Token token = std::move(current_);
  current_ = Token();
  current_.end = token.end;
  Advance();
  return token;
}

bool Parser::TakeIf(TokenKind wanted) {
  if (kind() != wanted) return false;
  Advance();
  return true;
}

bool Parser::Fail(size_t offset, std::string_view message) {
  if (error_.ok()) error_ = ParseError(text_, offset, message);
  return false;
}

bool Parser::FailAt(const Expr& expr, std::string_view message) {
  return Fail(expr.position.begin, message);
}

bool Parser::Unexpected(std::string_view context, std::string_view expected) {
  if (kind() == TokenKind::kError) return Fail(current_.begin, current_.error);
  if (context.empty() && !context_.empty()) {
    context = context_;
    expected = expected_;
  }
  if (context.empty() && open_aggregations_ > 0) context = "aggregation";
  std::string message = StrCat("unexpected ", DescribeToken(current_));
  if (!context.empty()) storage::StrAppend(&message, " in ", context);
  if (!expected.empty()) storage::StrAppend(&message, ", expected ", expected);
  return Fail(current_.begin, message);
}

bool Parser::SetHeight(Expr* expr, uint32_t children) {
  expr->height = children + 1;
  if (expr->height <= limits_.height_max) return true;
  return FailAt(*expr, StrCat("cannot parse expression: more than ", limits_.height_max,
                              " operations depend on one another"));
}

ExprPtr Parser::ParseWhole() {
  if (text_.size() > limits_.query_bytes_max) {
    Fail(0, StrCat("cannot parse expression: ", text_.size(), " bytes long, want at most ",
                   limits_.query_bytes_max));
    return nullptr;
  }
  if (kind() == TokenKind::kEof) {
    Fail(0, "no expression found in input");
    return nullptr;
  }
  ExprPtr expr = ParseBinary(0);
  if (expr != nullptr && kind() != TokenKind::kEof) Unexpected();
  return error_.ok() ? std::move(expr) : nullptr;
}

std::unique_ptr<VectorSelector> Parser::ParseWholeSelector() {
  auto selector = ParseSelector();
  if (selector != nullptr && kind() != TokenKind::kEof) Unexpected();
  return error_.ok() ? std::move(selector) : nullptr;
}

absl::StatusOr<ExprPtr> ParseExpression(std::string_view text, const ParseLimits& limits) {
  Parser parser(text, limits);
  ExprPtr expr = parser.ParseWhole();
  if (expr == nullptr) return parser.error();
  VARVE_RETURN_IF_ERROR(CheckTypes(text, expr.get()));
  return expr;
}

absl::StatusOr<std::vector<storage::Matcher>> ParseSelector(std::string_view text) {
  Parser parser(text, ParseLimits());
  auto selector = parser.ParseWholeSelector();
  if (selector == nullptr) return parser.error();
  return std::move(selector->matchers);
}

}  // namespace varve::query
