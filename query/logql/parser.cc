#include "query/logql/parser.h"

#include "query/logql/lexer.h"
#include "query/logql/syntax_reader.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

std::string_view TokenName(const LogqlToken& token) {
  switch (token.type) {
    case TokenType::kEnd:
      return "$end";
    case TokenType::kString:
      return "STRING";
    case TokenType::kNumber:
      return "NUMBER";
    case TokenType::kDuration:
      return "DURATION";
    case TokenType::kBytes:
      return "BYTES";
    case TokenType::kRange:
      return "RANGE";
    default:
      return token.text;
  }
}

// Words that Loki's lexer always takes for keywords; any other word is an IDENTIFIER to it.
constexpr std::string_view kKeywords[] = {
    "by",         "without",     "bool",        "offset",       "on",        "ignoring",
    "group_left", "group_right", "and",         "or",           "unless",    "json",
    "logfmt",     "regexp",      "pattern",     "unpack",       "unwrap",    "ip",
    "drop",       "keep",        "line_format", "label_format", "decolorize"};

}  // namespace

bool SyntaxReader::TakeIf(TokenType type) {
  if (!At(type)) return false;
  Take();
  return true;
}

bool SyntaxReader::TakeWordIf(std::string_view word) {
  if (!AtWord(word)) return false;
  Take();
  return true;
}

absl::Status SyntaxReader::Unexpected(std::string_view expecting) const {
  const LogqlToken& token = Peek();
  std::string_view name = TokenName(token);
  if (token.type == TokenType::kIdentifier) {
    bool keyword = false;
    for (const std::string_view word : kKeywords) keyword = keyword || word == token.text;
    if (!keyword) name = "IDENTIFIER";
  }
  const std::string what =
      StrCat("syntax error: unexpected ", name, expecting.empty() ? "" : ", expecting ", expecting);
  if (tokens_.size() == 1) return ParseError(what);
  return ParseErrorAt(token.line, token.column, what);
}

absl::StatusOr<std::string> SyntaxReader::TakeText(TokenType type, std::string_view expecting) {
  if (!At(type)) return Unexpected(expecting);
  return Take().text;
}

absl::Status SyntaxReader::Expect(TokenType type, std::string_view expecting) {
  if (!TakeIf(type)) return Unexpected(expecting);
  return absl::OkStatus();
}

absl::StatusOr<LogqlExpr> SyntaxReader::ReadQuery() {
  VARVE_ASSIGN_OR_RETURN(LogqlExpr expr, ReadExpr(0));
  if (!At(TokenType::kEnd)) return Unexpected();
  return expr;
}

absl::StatusOr<LogqlExpr> ParseLogql(std::string_view text) {
  VARVE_ASSIGN_OR_RETURN(std::vector<LogqlToken> tokens, Lex(text));
  return SyntaxReader(std::move(tokens)).ReadQuery();
}

absl::StatusOr<std::vector<storage::Matcher>> ParseLogSelector(std::string_view text) {
  VARVE_ASSIGN_OR_RETURN(std::vector<LogqlToken> tokens, Lex(text));
  return SyntaxReader(std::move(tokens)).ReadSelectorAlone();
}

}  // namespace varve::query
