#include "query/promql/lexer.h"

#include <algorithm>
#include <cctype>

#include "query/promql/go_text.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

struct Keyword {
  std::string_view text;
  TokenKind kind;
};

constexpr Keyword kKeywords[] = {
    {"and", TokenKind::kAnd},
    {"or", TokenKind::kOr},
    {"unless", TokenKind::kUnless},
    {"atan2", TokenKind::kAtan2},
    {"bool", TokenKind::kBool},
    {"by", TokenKind::kBy},
    {"without", TokenKind::kWithout},
    {"on", TokenKind::kOn},
    {"ignoring", TokenKind::kIgnoring},
    {"group_left", TokenKind::kGroupLeft},
    {"group_right", TokenKind::kGroupRight},
    {"offset", TokenKind::kOffset},
    {"anchored", TokenKind::kAnchored},
    {"smoothed", TokenKind::kSmoothed},
    {"fill", TokenKind::kFill},
    {"fill_left", TokenKind::kFillLeft},
    {"fill_right", TokenKind::kFillRight},
    {"start", TokenKind::kStart},
    {"end", TokenKind::kEnd},
    {"step", TokenKind::kStep},
    {"range", TokenKind::kRange},
    {"min_of", TokenKind::kMinOf},
    {"max_of", TokenKind::kMaxOf},
    {"inf", TokenKind::kNumber},
    {"nan", TokenKind::kNumber},
};

struct AggregateKeyword {
  std::string_view text;
  AggregateOperator op;
};

constexpr AggregateKeyword kAggregates[] = {
    {"sum", AggregateOperator::kSum},
    {"avg", AggregateOperator::kAvg},
    {"count", AggregateOperator::kCount},
    {"min", AggregateOperator::kMin},
    {"max", AggregateOperator::kMax},
    {"group", AggregateOperator::kGroup},
    {"stddev", AggregateOperator::kStddev},
    {"stdvar", AggregateOperator::kStdvar},
    {"topk", AggregateOperator::kTopk},
    {"bottomk", AggregateOperator::kBottomk},
    {"count_values", AggregateOperator::kCountValues},
    {"quantile", AggregateOperator::kQuantile},
    {"limitk", AggregateOperator::kLimitk},
    {"limit_ratio", AggregateOperator::kLimitRatio},
};

bool IsSpace(int rune) { return rune == ' ' || rune == '\t' || rune == '\n' || rune == '\r'; }
bool IsDigit(int rune) { return rune >= '0' && rune <= '9'; }
bool IsAlpha(int rune) {
  return rune == '_' || (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
}
bool IsAlphaNumeric(int rune) { return IsAlpha(rune) || IsDigit(rune); }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool IsFill(TokenKind kind) {
  return kind == TokenKind::kFill || kind == TokenKind::kFillLeft || kind == TokenKind::kFillRight;
}

}  // namespace

std::string DescribeToken(const Token& token) {
  const TokenKind kind = token.kind;
  if (kind == TokenKind::kEof) return "end of input";
  if (kind == TokenKind::kError) return token.error;
  if (kind == TokenKind::kAggregator) return StrCat("<aggr:", token.text, ">");
  if (kind >= TokenKind::kAdd && kind <= TokenKind::kAt) return StrCat("<op:", token.text, ">");
  if (kind >= TokenKind::kBool && kind <= TokenKind::kFillRight) {
    return StrCat("<", token.text, ">");
  }
  if (kind == TokenKind::kIdentifier) return StrCat("identifier ", storage::Quote(token.text));
  if (kind == TokenKind::kMetricIdentifier) {
    return StrCat("metric identifier ", storage::Quote(token.text));
  }
  // Long texts are cut after ten characters.
  size_t end = 0;
  for (size_t runes = 0; end < token.text.size() && runes < 10; ++runes) {
    end += DecodeRune(token.text.substr(end)).bytes;
  }
  std::string quoted = token.text.size() > 10
                           ? StrCat(storage::Quote(token.text.substr(0, end)), "...")
                           : storage::Quote(token.text);
  if (kind == TokenKind::kString) return StrCat("string ", quoted);
  if (kind == TokenKind::kNumber) return StrCat("number ", quoted);
  if (kind == TokenKind::kDuration) return StrCat("duration ", quoted);
  return quoted;
}

int Lexer::NextRune() {
  if (AtEnd()) return kEnd;
  const Rune rune = DecodeRune(text_.substr(position_));
  position_ += rune.bytes;
  return static_cast<int>(rune.value);
}

int Lexer::PeekRune() const {
  return AtEnd() ? kEnd : static_cast<int>(DecodeRune(text_.substr(position_)).value);
}

bool Lexer::AcceptByte(std::string_view allowed) {
  if (AtEnd() || allowed.find(text_[position_]) == std::string_view::npos) return false;
  ++position_;
  return true;
}

Token Lexer::Emit(TokenKind kind) {
  Token token;
  token.kind = kind;
  token.begin = static_cast<uint32_t>(start_);
  token.end = static_cast<uint32_t>(position_);
  token.text = text_.substr(start_, position_ - start_);
  start_ = position_;
  return token;
}

Token Lexer::EmitIf(char next, TokenKind then, TokenKind otherwise) {
  if (PeekByte() != next) return Emit(otherwise);
  ++position_;
  return Emit(then);
}

Token Lexer::Fail(std::string message) {
  failed_ = true;
  Token token;
  token.kind = TokenKind::kError;
  token.begin = static_cast<uint32_t>(start_);
  token.end = static_cast<uint32_t>(text_.size());
  token.error = std::move(message);
  return token;
}

void Lexer::SkipSpace() {
  while (!AtEnd() && IsSpace(text_[position_])) ++position_;
  start_ = position_;
}

bool Lexer::SkipComment() {
  if (PeekByte() != '#' || AtEnd()) return false;
  while (!AtEnd() && text_[position_] != '\n' && text_[position_] != '\r') ++position_;
  start_ = position_;
  return true;
}

Token Lexer::Next() {
  if (failed_) return Emit(TokenKind::kEof);
  do {
    SkipSpace();
  } while (!only_durations_ && SkipComment());
  if (brace_open_) return InsideBraces();
  if (only_durations_) return InsideBrackets();
  return Statement();
}

Token Lexer::EndOfText() {
  if (paren_depth_ != 0) return Fail("unclosed left parenthesis");
  if (bracket_open_) return Fail("unclosed left bracket");
  return Emit(TokenKind::kEof);
}

Token Lexer::Paren(int rune) {
  Token token = Emit(rune == '(' ? TokenKind::kLeftParen : TokenKind::kRightParen);
  paren_depth_ += rune == '(' ? 1 : -1;
  if (paren_depth_ < 0) return Fail("unexpected right parenthesis ')'");
  return token;
}

Token Lexer::Bracket(int rune) {
  if (rune == '[') {
    if (bracket_open_) return Fail("unexpected left bracket '['");
    bracket_open_ = true;
    only_durations_ = true;
    got_colon_ = false;
    return Emit(TokenKind::kLeftBracket);
  }
  if (!bracket_open_) return Fail("unexpected right bracket ']'");
  bracket_open_ = false;
  only_durations_ = false;
  return Emit(TokenKind::kRightBracket);
}

Token Lexer::Colon() {
  if (got_colon_) return Fail("unexpected colon ':'");
  got_colon_ = true;
  return Emit(TokenKind::kColon);
}

Token Lexer::Statement() {
  const int rune = NextRune();
  switch (rune) {
    case kEnd:
      return EndOfText();
    case ',':
      return Emit(TokenKind::kComma);
    case '*':
      return Emit(TokenKind::kMul);
    case '/':
      return Emit(TokenKind::kDiv);
    case '%':
      return Emit(TokenKind::kMod);
    case '+':
      return Emit(TokenKind::kAdd);
    case '-':
      return Emit(TokenKind::kSub);
    case '^':
      return Emit(TokenKind::kPow);
    case '@':
      return Emit(TokenKind::kAt);
    case '=':
      if (PeekByte() == '~') return Fail("unexpected character after '=': '~'");
      return EmitIf('=', TokenKind::kEqual, TokenKind::kAssign);
    case '!': {
      const int next = NextRune();
      if (next == '=') return Emit(TokenKind::kNotEqual);
      return Fail(StrCat("unexpected character after '!': ", QuoteRune(next)));
    }
    case '<':
      if (PeekByte() == '/') return EmitIf('/', TokenKind::kTrimUpper, TokenKind::kLess);
      return EmitIf('=', TokenKind::kLessOrEqual, TokenKind::kLess);
    case '>':
      if (PeekByte() == '/') return EmitIf('/', TokenKind::kTrimLower, TokenKind::kGreater);
      return EmitIf('=', TokenKind::kGreaterOrEqual, TokenKind::kGreater);
    case '"':
    case '\'':
      return String(static_cast<char>(rune));
    case '`':
      return RawString();
    case '(':
    case ')':
      return Paren(rune);
    case '[':
    case ']':
      return Bracket(rune);
    case '{':
      brace_open_ = true;
      return Emit(TokenKind::kLeftBrace);
    default:
      break;
  }
  if (IsDigit(rune) || (rune == '.' && IsDigit(PeekRune()))) {
    --position_;
    return NumberOrDuration();
  }
  if (!IsAlpha(rune) && rune != ':') return Fail(StrCat("unexpected character: ", QuoteRune(rune)));
  if (!bracket_open_) return Word();
  if (rune == ':') return Colon();
  Token token;
  if (DurationKeyword(&token)) return token;
  return Fail(StrCat("unexpected character: ", QuoteRune(rune), ", expected ':'"));
}

Token Lexer::InsideBraces() {
  const int rune = NextRune();
  switch (rune) {
    case kEnd:
      return Fail("unexpected end of input inside braces");
    case ',':
      return Emit(TokenKind::kComma);
    case '"':
    case '\'':
      return String(static_cast<char>(rune));
    case '`':
      return RawString();
    case '=':
      return EmitIf('~', TokenKind::kEqualRegex, TokenKind::kAssign);
    case '!': {
      const int next = NextRune();
      if (next == '~') return Emit(TokenKind::kNotRegex);
      if (next == '=') return Emit(TokenKind::kNotEqual);
      return Fail(StrCat("unexpected character after '!' inside braces: ", QuoteRune(next)));
    }
    case '{':
      return Fail("unexpected left brace '{'");
    case '}':
      brace_open_ = false;
      return Emit(TokenKind::kRightBrace);
    default:
      break;
  }
  if (IsAlpha(rune)) return Identifier();
  return Fail(StrCat("unexpected character inside braces: ", QuoteRune(rune)));
}

Token Lexer::InsideBrackets() {
  const int rune = NextRune();
  switch (rune) {
    case kEnd:
      return Fail("unexpected end of input in duration expression");
    case ']':
      return Bracket(rune);
    case '(':
    case ')':
      return Paren(rune);
    case '+':
      return Emit(TokenKind::kAdd);
    case '-':
      return Emit(TokenKind::kSub);
    case '*':
      return Emit(TokenKind::kMul);
    case '/':
      return Emit(TokenKind::kDiv);
    case '%':
      return Emit(TokenKind::kMod);
    case '^':
      return Emit(TokenKind::kPow);
    case ',':
      return Emit(TokenKind::kComma);
    case ':': {
      Token token = Emit(TokenKind::kColon);
      if (!got_duration_) {
        return Fail("unexpected colon before duration in duration expression");
      }
      if (got_colon_) return Fail("unexpected repeated colon in duration expression");
      got_colon_ = true;
      return token;
    }
    default:
      break;
  }
  if (IsDigit(rune) || (rune == '.' && IsDigit(PeekRune()))) {
    --position_;
    got_duration_ = true;
    only_durations_ = false;
    return NumberOrDuration();
  }
  Token token;
  if (IsAlpha(rune) && DurationKeyword(&token)) return token;
  return Fail(StrCat("unexpected character in duration expression: ", QuoteRune(rune)));
}

Token Lexer::Identifier() {
  while (IsAlphaNumeric(PeekRune())) ++position_;
  return Emit(TokenKind::kIdentifier);
}

Token Lexer::Word() {
  while (IsAlphaNumeric(PeekRune()) || PeekByte() == ':') ++position_;
  const std::string_view word = text_.substr(start_, position_ - start_);
  const std::string lower = Lower(word);
  for (const AggregateKeyword& keyword : kAggregates) {
    if (keyword.text != lower) continue;
    Token token = Emit(TokenKind::kAggregator);
    token.aggregate = keyword.op;
    return token;
  }
  for (const Keyword& keyword : kKeywords) {
    if (keyword.text != lower) continue;
    // `fill` was a fine name for a metric before it was a modifier.
    if (IsFill(keyword.kind) && !LeftParenFollows()) break;
    return Emit(keyword.kind);
  }
  return Emit(word.find(':') == std::string_view::npos ? TokenKind::kIdentifier
                                                       : TokenKind::kMetricIdentifier);
}

bool Lexer::LeftParenFollows() const {
  size_t i = position_;
  while (i < text_.size() && IsSpace(text_[i])) ++i;
  return i < text_.size() && text_[i] == '(';
}

bool Lexer::DurationKeyword(Token* token) {
  while (IsAlpha(PeekRune())) ++position_;
  const std::string lower = Lower(text_.substr(start_, position_ - start_));
  for (const Keyword& keyword : kKeywords) {
    if (keyword.text != lower || keyword.kind < TokenKind::kStep) continue;
    got_duration_ = true;
    *token = Emit(keyword.kind);
    return true;
  }
  return false;
}

}  // namespace varve::query
