// Lexer: the text of a PromQL query as tokens. Which characters mean what depends on where they
// stand: inside braces there are labels, inside brackets durations.
//
// Threads:  one thread.
// Owns:     nothing; tokens borrow the text.
// Errors:   a token of kind kError, whose `error` is Prometheus's text; after it only kEof follows.
#ifndef QUERY_PROMQL_LEXER_H_
#define QUERY_PROMQL_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "query/engine/aggregation.h"

namespace varve::query {

enum class TokenKind : uint8_t {
  kEof,
  kError,
  kComma,
  kColon,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kAssign,  // `=`
  kString,
  kNumber,
  kDuration,
  kIdentifier,
  kMetricIdentifier,  // with a colon
  // Operators.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kUnless,
  kEqualRegex,
  kNotRegex,
  kAt,
  kAggregator,
  // Keywords.
  kBool,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kOffset,
  kAnchored,
  kSmoothed,
  kFill,
  kFillLeft,
  kFillRight,
  // Names that mean something special in front of a parenthesis.
  kStart,
  kEnd,
  kStep,
  kRange,
  kMinOf,
  kMaxOf,
};

struct Token {
  TokenKind kind = TokenKind::kEof;
  AggregateOperator aggregate = AggregateOperator::kSum;  // of kAggregator
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string_view text;
  std::string error;  // of kError
};

// As "unexpected ..." names the token: `identifier "a"`, `<op:+>`, `end of input`.
std::string DescribeToken(const Token& token);

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token that is no comment.
  Token Next();
  // Goes on at an offset, outside of braces and brackets.
  void SkipTo(size_t offset) {
    position_ = start_ = offset;
    brace_open_ = bracket_open_ = failed_ = false;
  }

 private:
  static constexpr int kEnd = -1;

  int NextRune();
  int PeekRune() const;
  char PeekByte() const { return position_ < text_.size() ? text_[position_] : '\0'; }
  bool AtEnd() const { return position_ >= text_.size(); }
  bool AcceptByte(std::string_view allowed);
  void AcceptDigits();

  Token Emit(TokenKind kind);
  Token EmitIf(char next, TokenKind then, TokenKind otherwise);
  Token Fail(std::string message);

  Token Statement();
  Token InsideBraces();
  Token InsideBrackets();
  Token EndOfText();
  Token Bracket(int rune);
  Token Paren(int rune);
  Token Colon();
  Token Identifier();
  Token Word();
  bool DurationKeyword(Token* token);
  Token NumberOrDuration();
  bool ScanNumber();
  bool ScanDuration();
  Token String(char quote);
  Token RawString();
  bool ScanEscape(char quote, std::string* error);
  bool LeftParenFollows() const;
  bool SkipComment();
  void SkipSpace();

  std::string_view text_;
  size_t position_ = 0;
  size_t start_ = 0;  // of the token under way
  int64_t paren_depth_ = 0;
  bool failed_ = false;
  bool brace_open_ = false;
  bool bracket_open_ = false;
  bool only_durations_ = false;  // behind `[`, until the first number
  bool got_colon_ = false;
  bool got_duration_ = false;
};

}  // namespace varve::query

#endif  // QUERY_PROMQL_LEXER_H_
