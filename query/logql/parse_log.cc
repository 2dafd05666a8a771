// Productions of log expressions: selectors, pipelines and ranges.
#include "query/logql/lexer.h"
#include "query/logql/parser.h"
#include "query/logql/regex.h"
#include "query/logql/syntax_reader.h"
#include "query/template/go_regex.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {

using storage::Matcher;
using storage::MatchType;
using storage::StrCat;

absl::Status CheckSelector(const std::vector<Matcher>& matchers) {
  for (const Matcher& matcher : matchers) {
    if (!matcher.MatchesEmpty()) return absl::OkStatus();
  }
  return ParseError(
      "queries require at least one regexp or equality matcher that does not have an "
      "empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but "
      "app=~\".+\" will");
}

absl::StatusOr<Matcher> SyntaxReader::ReadMatcher(bool equality_only_allowed) {
  VARVE_ASSIGN_OR_RETURN(const std::string name, TakeText(TokenType::kIdentifier, "IDENTIFIER"));
  MatchType type = MatchType::kEqual;
  switch (Peek().type) {
    case TokenType::kEqual:
      break;
    case TokenType::kNotEqual:
      type = MatchType::kNotEqual;
      break;
    case TokenType::kRegex:
      type = MatchType::kRegex;
      break;
    case TokenType::kNotRegex:
      type = MatchType::kNotRegex;
      break;
    default:
      return Unexpected(equality_only_allowed ? "" : "!= or = or =~ or !~");
  }
  Take();
  VARVE_ASSIGN_OR_RETURN(const std::string value, TakeText(TokenType::kString, "STRING"));
  absl::StatusOr<Matcher> matcher = Matcher::Create(type, name, value);
  if (!matcher.ok()) return ParseError(RegexError(value));
  return matcher;
}

absl::StatusOr<std::vector<Matcher>> SyntaxReader::ReadSelector() {
  VARVE_RETURN_IF_ERROR(Expect(TokenType::kOpenBrace, "{"));
  std::vector<Matcher> matchers;
  if (TakeIf(TokenType::kCloseBrace)) return matchers;
  if (!At(TokenType::kIdentifier)) return Unexpected("IDENTIFIER or }");
  while (true) {
    VARVE_ASSIGN_OR_RETURN(Matcher matcher, ReadMatcher(false));
    matchers.push_back(std::move(matcher));
    if (TakeIf(TokenType::kCloseBrace)) return matchers;
    if (!TakeIf(TokenType::kComma)) return Unexpected("} or ,");
    if (TakeIf(TokenType::kCloseBrace)) return matchers;
  }
}

absl::StatusOr<std::vector<Matcher>> SyntaxReader::ReadSelectorAlone() {
  VARVE_ASSIGN_OR_RETURN(std::vector<Matcher> matchers, ReadSelector());
  if (!At(TokenType::kEnd)) return Unexpected();
  return matchers;
}

// Reads stages until one is not there. An unwrap is allowed only inside a range (`range` given);
// nothing but label filters may follow it.
absl::Status SyntaxReader::ReadPipeline(LogExpr* log, LogRangeExpr* range) {
  while (true) {
    if (AtLineFilter()) {
      VARVE_ASSIGN_OR_RETURN(LineFilterExpr filter, ReadLineFilter());
      log->stages.push_back(std::move(filter));
      continue;
    }
    if (!At(TokenType::kPipe)) return absl::OkStatus();
    if (range != nullptr && Peek(1).type == TokenType::kIdentifier && Peek(1).text == "unwrap") {
      Take();
      Take();
      range->unwrap.emplace();
      return ReadUnwrap(&*range->unwrap);
    }
    Take();
    VARVE_ASSIGN_OR_RETURN(StageExpr stage, ReadStage());
    log->stages.push_back(std::move(stage));
  }
}

absl::Status SyntaxReader::ReadUnwrap(UnwrapExpr* unwrap) {
  VARVE_ASSIGN_OR_RETURN(unwrap->label, TakeText(TokenType::kIdentifier, "IDENTIFIER"));
  if (TakeIf(TokenType::kOpenParen)) {
    if (unwrap->label == "bytes") {
      unwrap->conversion = UnwrapExpr::Conversion::kBytes;
    } else if (unwrap->label == "duration") {
      unwrap->conversion = UnwrapExpr::Conversion::kDuration;
    } else if (unwrap->label == "duration_seconds") {
      unwrap->conversion = UnwrapExpr::Conversion::kDurationSeconds;
    } else {
      return Unexpected();
    }
    VARVE_ASSIGN_OR_RETURN(unwrap->label, TakeText(TokenType::kIdentifier, "IDENTIFIER"));
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
  }
  while (TakeIf(TokenType::kPipe)) {
    VARVE_ASSIGN_OR_RETURN(LabelFilterExpr filter, ReadLabelFilter(0));
    unwrap->filters.push_back(std::move(filter));
  }
  return absl::OkStatus();
}

absl::StatusOr<LogExpr> SyntaxReader::ReadLog() {
  LogExpr log;
  VARVE_ASSIGN_OR_RETURN(log.matchers, ReadSelector());
  VARVE_RETURN_IF_ERROR(ReadPipeline(&log, nullptr));
  return log;
}

absl::Status SyntaxReader::ReadRangeSuffix(LogRangeExpr* range) {
  if (range->range_ns != 0 || !At(TokenType::kRange)) return absl::OkStatus();
  range->range_ns = Take().number;
  if (!TakeWordIf("offset")) return absl::OkStatus();
  const bool negative = TakeIf(TokenType::kSub);
  if (!At(TokenType::kDuration)) return Unexpected("DURATION");
  const int64_t offset_ns = Take().number;
  range->offset_ns = negative ? -offset_ns : offset_ns;
  return absl::OkStatus();
}

// A range may stand before or behind the pipeline, and parentheses around any front part.
absl::StatusOr<LogRangeExpr> SyntaxReader::ReadLogRange() {
  const DepthGuard guard(&depth_);
  if (depth_ > kLogqlDepthMax) return ParseError("expression is nested too deep");
  LogRangeExpr range;
  if (TakeIf(TokenType::kOpenParen)) {
    VARVE_ASSIGN_OR_RETURN(range, ReadLogRange());
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
  } else {
    VARVE_ASSIGN_OR_RETURN(range.log.matchers, ReadSelector());
  }
  VARVE_RETURN_IF_ERROR(ReadRangeSuffix(&range));
  if (!range.unwrap) VARVE_RETURN_IF_ERROR(ReadPipeline(&range.log, &range));
  VARVE_RETURN_IF_ERROR(ReadRangeSuffix(&range));
  return range;
}

}  // namespace varve::query
