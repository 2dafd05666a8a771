// LogqlToken: one lexical piece of a LogQL query.
#ifndef QUERY_LOGQL_TOKEN_H_
#define QUERY_LOGQL_TOKEN_H_

#include <cstdint>
#include <string>

namespace varve::query {

enum class TokenType {
  kEnd,
  kIdentifier,  // keywords too: LogQL reserves a word only where it has a meaning
  kString,
  kNumber,
  kDuration,
  kBytes,
  kRange,  // [5m]
  kFlag,   // --strict
  kOpenBrace,
  kCloseBrace,
  kOpenParen,
  kCloseParen,
  kComma,
  kDot,
  kPipe,
  kPipeExact,    // |=
  kPipeMatch,    // |~
  kPipePattern,  // |>
  kNotPattern,   // !>
  kEqual,        // =
  kEqualEqual,   // ==
  kNotEqual,     // !=
  kRegex,        // =~
  kNotRegex,     // !~
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
};

struct LogqlToken {
  TokenType type = TokenType::kEnd;
  std::string text;    // as written; of a string, what it stands for
  int64_t number = 0;  // nanoseconds of a duration or range, bytes of a byte size
  int line = 1;        // from 1
  int column = 1;      // from 1, in characters
};

}  // namespace varve::query

#endif  // QUERY_LOGQL_TOKEN_H_
