// Productions of pipeline stages.
#include <cmath>

#include "query/logql/lexer.h"
#include "query/logql/parser.h"
#include "query/logql/quantity.h"
#include "query/logql/syntax_reader.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {

using storage::StrCat;

namespace {

// A byte size as Loki compares with it: its front end prints the query and reads it again, and
// prints a size with two digits and decimal units, so that 1MiB becomes 1.0MB.
double PrintedByteSize(int64_t bytes) {
  const double value = static_cast<double>(bytes);
  if (bytes < 10) return value;
  double unit = 1;
  while (value / unit >= 1000) unit *= 1000;
  double shown = std::floor(value / unit * 10 + 0.5) / 10;
  if (shown >= 10) shown = std::nearbyint(shown);
  return std::floor(shown * unit);
}

}  // namespace

bool SyntaxReader::AtLineFilter() const {
  switch (Peek().type) {
    case TokenType::kPipeExact:
    case TokenType::kPipeMatch:
    case TokenType::kPipePattern:
    case TokenType::kNotPattern:
    case TokenType::kNotEqual:
    case TokenType::kNotRegex:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<LineFilterExpr> SyntaxReader::ReadLineFilter() {
  LineFilterExpr filter;
  switch (Take().type) {
    case TokenType::kPipeExact:
      filter.match = LineMatch::kContains;
      break;
    case TokenType::kPipeMatch:
      filter.match = LineMatch::kRegex;
      break;
    case TokenType::kPipePattern:
      filter.match = LineMatch::kPattern;
      break;
    case TokenType::kNotPattern:
      filter.match = LineMatch::kNotPattern;
      break;
    case TokenType::kNotEqual:
      filter.match = LineMatch::kNotContains;
      break;
    default:
      filter.match = LineMatch::kNotRegex;
      break;
  }
  do {
    LineFilterExpr::Term term;
    if (AtWord("ip") && Peek(1).type == TokenType::kOpenParen) {
      Take();
      Take();
      term.is_ip = true;
      VARVE_ASSIGN_OR_RETURN(term.text, TakeText(TokenType::kString, "STRING"));
      VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
    } else {
      VARVE_ASSIGN_OR_RETURN(term.text, TakeText(TokenType::kString, "STRING or ip"));
    }
    filter.terms.push_back(std::move(term));
  } while (TakeWordIf("or"));
  return filter;
}

// What stands behind a `|`.
absl::StatusOr<StageExpr> SyntaxReader::ReadStage() {
  // A word followed by a comparison is a label, whatever the word.
  const TokenType next = Peek(1).type;
  const bool label = next == TokenType::kEqual || next == TokenType::kEqualEqual ||
                     next == TokenType::kRegex || next == TokenType::kGreater ||
                     next == TokenType::kGreaterOrEqual || next == TokenType::kLess ||
                     next == TokenType::kLessOrEqual;
  if (At(TokenType::kIdentifier) && !label) {
    const std::string word = Peek().text;
    for (const std::string_view parser : {"json", "logfmt", "pattern", "regexp", "unpack"}) {
      if (word == parser) return ReadParser(parser);
    }
    if (word == "decolorize") {
      Take();
      return StageExpr(DecolorizeExpr{});
    }
    if (word == "label_format") return ReadLabelFormat();
    if (word == "drop" || word == "keep") return ReadLabelSelect(word == "keep");
    if (word == "line_format") {
      Take();
      VARVE_ASSIGN_OR_RETURN(std::string text, TakeText(TokenType::kString, "STRING"));
      return StageExpr(LineFormatExpr{std::move(text)});
    }
  }
  VARVE_ASSIGN_OR_RETURN(LabelFilterExpr filter, ReadLabelFilter(0));
  return StageExpr(std::move(filter));
}

absl::StatusOr<StageExpr> SyntaxReader::ReadParser(std::string_view keyword) {
  Take();
  if (keyword == "unpack") return StageExpr(UnpackExpr{});
  if (keyword == "json") {
    JsonExpr json;
    VARVE_ASSIGN_OR_RETURN(json.extractions, ReadExtractions());
    return StageExpr(std::move(json));
  }
  if (keyword == "logfmt") {
    LogfmtExpr logfmt;
    while (At(TokenType::kFlag)) {
      (Take().text == "--strict" ? logfmt.strict : logfmt.keep_empty) = true;
    }
    VARVE_ASSIGN_OR_RETURN(logfmt.extractions, ReadExtractions());
    return StageExpr(std::move(logfmt));
  }
  VARVE_ASSIGN_OR_RETURN(std::string pattern, TakeText(TokenType::kString, "STRING"));
  if (keyword == "pattern") return StageExpr(PatternExpr{std::move(pattern)});
  return StageExpr(RegexpExpr{std::move(pattern)});
}

absl::StatusOr<std::vector<LabelExtraction>> SyntaxReader::ReadExtractions() {
  std::vector<LabelExtraction> extractions;
  if (!At(TokenType::kIdentifier)) return extractions;
  do {
    LabelExtraction extraction;
    VARVE_ASSIGN_OR_RETURN(extraction.identifier, TakeText(TokenType::kIdentifier, "IDENTIFIER"));
    extraction.path = extraction.identifier;
    if (TakeIf(TokenType::kEqual)) {
      VARVE_ASSIGN_OR_RETURN(extraction.path, TakeText(TokenType::kString, "STRING"));
    }
    extractions.push_back(std::move(extraction));
  } while (TakeIf(TokenType::kComma));
  return extractions;
}

absl::StatusOr<StageExpr> SyntaxReader::ReadLabelFormat() {
  Take();
  LabelFormatExpr format;
  do {
    LabelFormatExpr::Item item;
    VARVE_ASSIGN_OR_RETURN(item.target, TakeText(TokenType::kIdentifier, "IDENTIFIER"));
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kEqual, "="));
    item.is_rename = !At(TokenType::kString);
    VARVE_ASSIGN_OR_RETURN(item.source,
                           TakeText(item.is_rename ? TokenType::kIdentifier : TokenType::kString,
                                    "IDENTIFIER or STRING"));
    for (const LabelFormatExpr::Item& other : format.items) {
      if (other.target == item.target) {
        return ParseError(StrCat("multiple label name '", item.target,
                                 "' not allowed in a single format operation"));
      }
    }
    if (item.target == "__error__") {
      return ParseError(StrCat(item.target, " cannot be formatted"));
    }
    format.items.push_back(std::move(item));
  } while (TakeIf(TokenType::kComma));
  return StageExpr(std::move(format));
}

absl::StatusOr<StageExpr> SyntaxReader::ReadLabelSelect(bool keep) {
  Take();
  LabelSelectExpr select;
  select.keep = keep;
  do {
    if (!At(TokenType::kIdentifier)) return Unexpected("IDENTIFIER");
    LabelSelectExpr::Item item;
    item.name = Peek().text;
    switch (Peek(1).type) {
      case TokenType::kEqual:
      case TokenType::kNotEqual:
      case TokenType::kRegex:
      case TokenType::kNotRegex: {
        VARVE_ASSIGN_OR_RETURN(item.matcher, ReadMatcher(true));
        break;
      }
      default:
        Take();
    }
    select.items.push_back(std::move(item));
  } while (TakeIf(TokenType::kComma));
  return StageExpr(std::move(select));
}

// `or` binds loosest; `and`, a comma and nothing at all are the same operator.
absl::StatusOr<LabelFilterExpr> SyntaxReader::ReadLabelFilter(int precedence_min) {
  const DepthGuard guard(&depth_);
  if (depth_ > kLogqlDepthMax) return ParseError("expression is nested too deep");
  VARVE_ASSIGN_OR_RETURN(LabelFilterExpr left, ReadLabelFilterUnit());
  while (true) {
    LabelFilterExpr node;
    if (AtWord("or")) {
      if (precedence_min > 0) return left;
      Take();
      node.kind = LabelFilterExpr::Kind::kOr;
    } else if (AtWord("and") || At(TokenType::kComma)) {
      Take();
      node.kind = LabelFilterExpr::Kind::kAnd;
    } else if (At(TokenType::kOpenParen) ||
               (At(TokenType::kIdentifier) && Peek(1).type != TokenType::kOpenParen)) {
      node.kind = LabelFilterExpr::Kind::kAnd;
    } else {
      return left;
    }
    const int next_min = node.kind == LabelFilterExpr::Kind::kOr ? 1 : 2;
    absl::StatusOr<LabelFilterExpr> right =
        next_min == 2 ? ReadLabelFilterUnit() : ReadLabelFilter(next_min);
    if (!right.ok()) return right.status();
    node.operands.push_back(std::move(left));
    node.operands.push_back(*std::move(right));
    left = std::move(node);
  }
}

absl::StatusOr<LabelFilterExpr> SyntaxReader::ReadLabelFilterUnit() {
  if (TakeIf(TokenType::kOpenParen)) {
    VARVE_ASSIGN_OR_RETURN(LabelFilterExpr inner, ReadLabelFilter(0));
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
    return inner;
  }
  LabelFilterExpr filter;
  const TokenType op = Peek(1).type;
  if (At(TokenType::kIdentifier) && (op == TokenType::kRegex || op == TokenType::kNotRegex ||
                                     ((op == TokenType::kEqual || op == TokenType::kNotEqual) &&
                                      Peek(2).type == TokenType::kString))) {
    filter.name = Peek().text;
    VARVE_ASSIGN_OR_RETURN(filter.matcher, ReadMatcher(true));
    return filter;
  }
  // `| ip("..")` and `| sum(..)` are words that Loki's lexer takes for functions.
  if (AtWord("ip") && op == TokenType::kOpenParen) return Unexpected();
  VARVE_ASSIGN_OR_RETURN(filter.name, TakeText(TokenType::kIdentifier, ""));
  switch (Peek().type) {
    case TokenType::kEqual:
    case TokenType::kEqualEqual:
      filter.comparison = Comparison::kEqual;
      break;
    case TokenType::kNotEqual:
      filter.comparison = Comparison::kNotEqual;
      break;
    case TokenType::kGreater:
      filter.comparison = Comparison::kGreater;
      break;
    case TokenType::kGreaterOrEqual:
      filter.comparison = Comparison::kGreaterOrEqual;
      break;
    case TokenType::kLess:
      filter.comparison = Comparison::kLess;
      break;
    case TokenType::kLessOrEqual:
      filter.comparison = Comparison::kLessOrEqual;
      break;
    default:
      return Unexpected();
  }
  Take();
  if (AtWord("ip") && (op == TokenType::kEqual || op == TokenType::kNotEqual)) {
    Take();
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kOpenParen, "("));
    filter.kind = LabelFilterExpr::Kind::kIp;
    VARVE_ASSIGN_OR_RETURN(filter.text, TakeText(TokenType::kString, "STRING"));
    VARVE_RETURN_IF_ERROR(Expect(TokenType::kCloseParen, ")"));
    return filter;
  }
  std::string sign;
  if (At(TokenType::kSub) || At(TokenType::kAdd)) sign = Take().text;
  const LogqlToken& operand = Peek();
  filter.text = StrCat(sign, operand.text);
  switch (operand.type) {
    case TokenType::kNumber: {
      const absl::StatusOr<double> number = ParseFloatValue(filter.text);
      if (!number.ok()) {
        return ParseError(
            StrCat("unable to parse literal as a float: ", number.status().message()));
      }
      filter.kind = LabelFilterExpr::Kind::kNumber;
      filter.number = *number;
      break;
    }
    case TokenType::kDuration:
    case TokenType::kBytes:
      filter.kind = operand.type == TokenType::kBytes ? LabelFilterExpr::Kind::kBytes
                                                      : LabelFilterExpr::Kind::kDuration;
      filter.number = operand.type == TokenType::kBytes ? PrintedByteSize(operand.number)
                                                        : static_cast<double>(operand.number);
      if (sign == "-") filter.number = -filter.number;
      break;
    default:
      return Unexpected();
  }
  Take();
  return filter;
}

}  // namespace varve::query
