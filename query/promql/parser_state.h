// Parser: recursive descent over the tokens of one query. Its methods stand in several files:
// parser.cc (tokens, errors, entry), expression_parser.cc, selector_parser.cc, duration_parser.cc.
//
// A method that fails has put the error into `error_` and answers nullptr or false; its callers
// return at once, so that the first error is the one that is told.
//
// Threads:  one thread; used for one query.
// Owns:     the tree under way.
#ifndef QUERY_PROMQL_PARSER_STATE_H_
#define QUERY_PROMQL_PARSER_STATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/promql/ast.h"
#include "query/promql/lexer.h"
#include "query/promql/parser.h"

namespace varve::query {

// INVALID_ARGUMENT "line:col: parse error: message".
absl::Status ParseError(std::string_view text, size_t offset, std::string_view message);

class Parser {
 public:
  Parser(std::string_view text, const ParseLimits& limits);

  // The whole text as an expression, or as a selector alone; types are not checked yet.
  ExprPtr ParseWhole();
  std::unique_ptr<VectorSelector> ParseWholeSelector();
  const absl::Status& error() const { return error_; }

 private:
  // Counts nesting while it lives; false once the limit is passed.
  class Depth {
   public:
    explicit Depth(Parser* parser) : parser_(parser) { ++parser_->depth_; }
    ~Depth() { --parser_->depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    bool Allowed() const;

   private:
    Parser* parser_;
  };

  // Tokens: the current one and one ahead.
  const Token& current() const { return current_; }
  TokenKind kind() const { return current_.kind; }
  const Token& PeekAhead();
  void Advance();
  Token Take();
  bool TakeIf(TokenKind wanted);

  // Errors; all answer false.
  bool Fail(size_t offset, std::string_view message);
  bool FailAt(const Expr& expr, std::string_view message);
  // `context` empty: the enclosing aggregation, if there is one.
  bool Unexpected(std::string_view context = {}, std::string_view expected = {});
  bool SetHeight(Expr* expr, uint32_t children);

  // Expressions.
  ExprPtr ParseBinary(int precedence_min);
  ExprPtr ParsePowOperand();
  ExprPtr ParseUnary();
  ExprPtr ParsePrimary();
  ExprPtr ParseParen();
  ExprPtr ParseNumberLiteral();
  ExprPtr ParseStringLiteral();
  ExprPtr ParseCall();
  ExprPtr ParseAggregate();
  bool ParseArguments(std::vector<ExprPtr>* arguments);
  bool ParseGroupingClause(Grouping* grouping);
  bool ParseLabelNames(std::vector<std::string>* names);
  bool ParseLabelName(std::vector<std::string>* names);
  bool ParseBinaryModifiers(BinaryExpr* binary);
  bool ParseFill(VectorMatching* matching);
  bool ParseFillValue(double* value);
  bool ParseNumber(double* value);
  ExprPtr MakeBinary(const Token& op, ExprPtr left, std::unique_ptr<BinaryExpr> binary,
                     ExprPtr right);

  // Selectors and what follows them.
  std::unique_ptr<VectorSelector> ParseSelector();
  // The end of the log query that begins at the current token; 0 where none does.
  size_t LogQueryEnd();
  std::unique_ptr<VectorSelector> ParseLogSelector(size_t end);
  bool ParseMatchers(VectorSelector* selector);
  bool ParseMatcher(VectorSelector* selector);
  ExprPtr ParsePostfix(ExprPtr expr);
  bool ParseOffset(Expr* expr);
  bool ParseAt(Expr* expr);
  bool ParseAtTimestamp(Expr* expr);
  bool ParseExtension(Expr* expr);
  ExprPtr ParseBrackets(ExprPtr expr);
  ExprPtr MakeMatrix(ExprPtr expr, Duration range, const Token& open);
  ExprPtr ParseSubquery(ExprPtr expr, Duration range);

  // Durations.
  using DurationPtr = std::unique_ptr<DurationExpr>;
  DurationPtr ParseDurationBinary(int precedence_min);
  DurationPtr ParseDurationPowOperand();
  DurationPtr ParseDurationUnary();
  DurationPtr ParseDurationPrimary();
  DurationPtr ParseDurationParen();
  DurationPtr ParseDurationCall();
  DurationPtr ParseDurationNumber();
  DurationPtr Negate(const Token& sign, DurationPtr operand);
  DurationPtr MakeDurationBinary(const Token& op, DurationPtr left, DurationPtr right);
  bool ParsePositiveDuration(Duration* duration);
  bool ParseOffsetDuration(Duration* duration);
  static void StoreDuration(DurationPtr expression, Duration* duration);
  bool SetHeight(DurationExpr* expr, uint32_t children);

  std::string_view text_;
  ParseLimits limits_;
  Lexer lexer_;
  Token current_;
  Token ahead_;
  bool has_ahead_ = false;
  uint32_t last_end_ = 0;  // of the token before `current_`
  uint32_t depth_ = 0;
  uint32_t open_aggregations_ = 0;
  // What an error says that has no context of its own: "offset", "subquery selector" and so on.
  std::string_view context_;
  std::string_view expected_;
  absl::Status error_;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_PARSER_STATE_H_
