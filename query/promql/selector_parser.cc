#include <array>
#include <cmath>
#include <cstdio>

#include "query/promql/go_text.h"
#include "query/promql/log_selector_scan.h"
#include "query/promql/log_vector_source.h"
#include "query/promql/parser_state.h"
#include "storage/model/text.h"

namespace varve::query {
namespace {

using storage::StrCat;

constexpr std::string_view kNameLabel = "__name__";
constexpr std::string_view kDurationWanted = "number, duration, step(), or range()";

// The selector whose modifiers an expression's are; nullptr where it has none.
VectorSelector* SelectorOf(Expr* expr) {
  if (expr->kind == ExprKind::kVectorSelector) return &As<VectorSelector>(*expr);
  if (expr->kind == ExprKind::kMatrixSelector) return As<MatrixSelector>(*expr).selector.get();
  return nullptr;
}

TimeModifiers* TimeOf(Expr* expr) {
  if (expr->kind == ExprKind::kSubquery) return &As<SubqueryExpr>(*expr).time;
  VectorSelector* selector = SelectorOf(expr);
  return selector == nullptr ? nullptr : &selector->time;
}

// %f of Go.
std::string FixedText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 400> text;
  std::snprintf(text.data(), text.size(), "%f", value);
  return text.data();
}

}  // namespace

size_t Parser::LogQueryEnd() {
  if (kind() == TokenKind::kLeftBrace && limits_.bare_selectors_are_logs) {
    return FindLogQuery(text_, current_.begin, false);
  }
  if (kind() != TokenKind::kIdentifier || current_.text != kLogSelectorWord) return 0;
  if (PeekAhead().kind != TokenKind::kLeftBrace) return 0;
  return FindLogQuery(text_, PeekAhead().begin, true);
}

std::unique_ptr<VectorSelector> Parser::ParseLogSelector(size_t end) {
  auto selector = std::make_unique<VectorSelector>();
  const size_t brace = text_.find('{', current_.begin);
  const size_t last = text_.find_last_not_of(" \t\r\n", end - 1);
  selector->log_query = std::string(text_.substr(brace, last + 1 - brace));
  selector->bypass_empty_matcher_check = true;
  selector->position = {current_.begin, static_cast<uint32_t>(last + 1)};
  lexer_.SkipTo(end);
  current_ = lexer_.Next();
  has_ahead_ = false;
  last_end_ = selector->position.end;
  return selector;
}

std::unique_ptr<VectorSelector> Parser::ParseSelector() {
  if (const size_t end = LogQueryEnd(); end != 0) return ParseLogSelector(end);
  if (kind() == TokenKind::kLeftBrace && limits_.bare_selectors_are_logs) {
    Fail(current_.begin, "a log selector needs a range");
    return nullptr;
  }
  auto selector = std::make_unique<VectorSelector>();
  selector->position.begin = current_.begin;
  if (kind() != TokenKind::kLeftBrace) {
    const bool name = kind() == TokenKind::kIdentifier || kind() == TokenKind::kMetricIdentifier ||
                      kind() == TokenKind::kAggregator || kind() == TokenKind::kAnd ||
                      kind() == TokenKind::kOr || kind() == TokenKind::kUnless ||
                      kind() == TokenKind::kBy || kind() == TokenKind::kWithout ||
                      kind() == TokenKind::kOffset || kind() == TokenKind::kAnchored ||
                      kind() == TokenKind::kSmoothed ||
                      (kind() >= TokenKind::kStart && kind() <= TokenKind::kMaxOf);
    if (!name) {
      Unexpected();
      return nullptr;
    }
    selector->name = std::string(current_.text);
    Advance();
  }
  if (kind() == TokenKind::kLeftBrace && !ParseMatchers(selector.get())) return nullptr;
  if (!selector->name.empty()) {
    selector->matchers.push_back(storage::Matcher::Equal(kNameLabel, selector->name));
  }
  selector->position.end = last_end_;
  return selector;
}

bool Parser::ParseMatchers(VectorSelector* selector) {
  Advance();
  while (!TakeIf(TokenKind::kRightBrace)) {
    if (!ParseMatcher(selector)) return false;
    if (kind() == TokenKind::kRightBrace) continue;
    if (!TakeIf(TokenKind::kComma)) return Unexpected("label matching", "\",\" or \"}\"");
  }
  return true;
}

bool Parser::ParseMatcher(VectorSelector* selector) {
  const bool quoted = kind() == TokenKind::kString;
  if (!quoted && kind() != TokenKind::kIdentifier) {
    return Unexpected("label matching", "identifier or \"}\"");
  }
  const Token label = Take();
  const std::string name = quoted ? Unquote(label.text) : std::string(label.text);
  storage::MatchType type = storage::MatchType::kEqual;
  switch (kind()) {
    case TokenKind::kAssign:
      break;
    case TokenKind::kNotEqual:
      type = storage::MatchType::kNotEqual;
      break;
    case TokenKind::kEqualRegex:
      type = storage::MatchType::kRegex;
      break;
    case TokenKind::kNotRegex:
      type = storage::MatchType::kNotRegex;
      break;
    default:
      // A quoted name alone is the metric's.
      if (!quoted) return Unexpected("label matching", "label matching operator");
      selector->matchers.push_back(storage::Matcher::Equal(kNameLabel, name));
      return true;
  }
  Advance();
  if (kind() != TokenKind::kString) return Unexpected("label matching", "string");
  auto matcher = storage::Matcher::Create(type, name, Unquote(Take().text));
  if (!matcher.ok()) {
    return Fail(label.begin,
                StrCat("error parsing regexp: ", storage::ToStd(matcher.status().message())));
  }
  selector->matchers.push_back(*std::move(matcher));
  return true;
}

ExprPtr Parser::ParsePostfix(ExprPtr expr) {
  while (true) {
    bool complete = true;
    switch (kind()) {
      case TokenKind::kOffset:
        complete = ParseOffset(expr.get());
        break;
      case TokenKind::kAt:
        complete = ParseAt(expr.get());
        break;
      case TokenKind::kAnchored:
      case TokenKind::kSmoothed:
        complete = ParseExtension(expr.get());
        break;
      case TokenKind::kLeftBracket:
        expr = ParseBrackets(std::move(expr));
        complete = expr != nullptr;
        break;
      default:
        return expr;
    }
    if (!complete) return nullptr;
    // A selector in brackets ends with them.
    if (TimeOf(expr.get()) != nullptr) expr->position.end = last_end_;
  }
}

bool Parser::ParseOffset(Expr* expr) {
  Advance();
  context_ = "offset";
  expected_ = kDurationWanted;
  Duration offset;
  if (!ParseOffsetDuration(&offset)) return false;
  context_ = {};
  expected_ = {};
  TimeModifiers* time = TimeOf(expr);
  if (time == nullptr) {
    return FailAt(*expr,
                  "offset modifier must be preceded by an instant vector selector or range vector "
                  "selector or a subquery");
  }
  if (time->offset.ms != 0 || time->offset.expression != nullptr) {
    return FailAt(*expr, "offset may not be set multiple times");
  }
  time->has_offset = true;
  time->offset = std::move(offset);
  return true;
}

bool Parser::ParseAt(Expr* expr) {
  Advance();
  TimeModifiers* time = TimeOf(expr);
  const bool set_before = time != nullptr && time->at != TimeModifiers::At::kNone;
  TimeModifiers::At at = TimeModifiers::At::kTimestamp;
  double seconds = 0;
  if (kind() == TokenKind::kStart || kind() == TokenKind::kEnd) {
    at = Take().kind == TokenKind::kStart ? TimeModifiers::At::kStart : TimeModifiers::At::kEnd;
    if (!TakeIf(TokenKind::kLeftParen) || !TakeIf(TokenKind::kRightParen)) {
      return Unexpected("@", "timestamp");
    }
  } else {
    bool negative = false;
    if (kind() == TokenKind::kAdd || kind() == TokenKind::kSub) {
      negative = Take().kind == TokenKind::kSub;
    }
    if (kind() != TokenKind::kNumber && kind() != TokenKind::kDuration) {
      return Unexpected("@", "timestamp");
    }
    if (!ParseNumber(&seconds)) return false;
    if (negative) seconds = -seconds;
    // The bounds keep the milliseconds within 64 bits as well.
    constexpr double kLimit = 9223372036854775808.0;
    if (!(std::fabs(seconds) < kLimit)) {
      return FailAt(*expr, StrCat("timestamp out of bounds for @ modifier: ", FixedText(seconds)));
    }
  }
  if (time == nullptr) {
    return FailAt(*expr,
                  "@ modifier must be preceded by an instant vector selector or range vector "
                  "selector or a subquery");
  }
  if (set_before) return FailAt(*expr, "@ <timestamp> may not be set multiple times");
  time->at = at;
  const double milliseconds = std::round(seconds * 1000);
  constexpr double kMillisecondsMax = 9.2e18;
  time->at_ms =
      static_cast<int64_t>(std::fmin(std::fmax(milliseconds, -kMillisecondsMax), kMillisecondsMax));
  return true;
}

bool Parser::ParseExtension(Expr* expr) {
  const Token token = Take();
  const bool anchored = token.kind == TokenKind::kAnchored;
  const std::string_view name = anchored ? "anchored" : "smoothed";
  if (expr->kind == ExprKind::kSubquery) {
    return FailAt(*expr, StrCat(name, " modifier is not supported for subqueries"));
  }
  VectorSelector* selector = SelectorOf(expr);
  if (selector == nullptr) return FailAt(*expr, StrCat(name, " modifier not implemented"));
  (anchored ? selector->anchored : selector->smoothed) = true;
  if (selector->anchored && selector->smoothed) {
    return FailAt(*expr, "anchored and smoothed modifiers cannot be used together");
  }
  return true;
}

ExprPtr Parser::ParseBrackets(ExprPtr expr) {
  const Token open = Take();
  context_ = "subquery or range selector";
  expected_ = kDurationWanted;
  Duration range;
  if (!ParsePositiveDuration(&range)) return nullptr;
  context_ = {};
  expected_ = {};
  if (TakeIf(TokenKind::kColon)) return ParseSubquery(std::move(expr), std::move(range));
  if (!TakeIf(TokenKind::kRightBracket)) {
    Unexpected("subquery or range", "\":\" or \"]\"");
    return nullptr;
  }
  return MakeMatrix(std::move(expr), std::move(range), open);
}

ExprPtr Parser::MakeMatrix(ExprPtr expr, Duration range, const Token& open) {
  if (expr->kind != ExprKind::kVectorSelector) {
    Fail(open.begin, "ranges only allowed for vector selectors");
    return nullptr;
  }
  std::unique_ptr<VectorSelector> selector(&As<VectorSelector>(*expr.release()));
  if (selector->time.offset.ms != 0 || selector->time.offset.expression != nullptr) {
    Fail(open.begin, "no offset modifiers allowed before range");
    return nullptr;
  }
  if (selector->time.at == TimeModifiers::At::kTimestamp) {
    Fail(open.begin, "no @ modifiers allowed before range");
    return nullptr;
  }
  auto matrix = std::make_unique<MatrixSelector>();
  matrix->position = {selector->position.begin, last_end_};
  matrix->range = std::move(range);
  matrix->height = selector->height + 1;
  matrix->selector = std::move(selector);
  return matrix;
}

ExprPtr Parser::ParseSubquery(ExprPtr expr, Duration range) {
  auto subquery = std::make_unique<SubqueryExpr>();
  subquery->range = std::move(range);
  if (!TakeIf(TokenKind::kRightBracket)) {
    context_ = "subquery selector";
    expected_ = "number, duration, step(), range(), or \"]\"";
    subquery->has_step = true;
    if (!ParsePositiveDuration(&subquery->step)) return nullptr;
    context_ = {};
    expected_ = {};
    if (!TakeIf(TokenKind::kRightBracket)) {
      Unexpected("subquery selector", "\"]\"");
      return nullptr;
    }
  }
  subquery->position = {expr->position.begin, last_end_};
  const uint32_t children = expr->height;
  subquery->expr = std::move(expr);
  if (!SetHeight(subquery.get(), children)) return nullptr;
  return subquery;
}

}  // namespace varve::query
