// SyntaxReader: the productions of LogQL's grammar over a list of tokens (recursive descent).
//
// Threads:  one thread.
// Owns:     its tokens.
// Errors:   as ParseLogql.
#ifndef QUERY_LOGQL_SYNTAX_READER_H_
#define QUERY_LOGQL_SYNTAX_READER_H_

#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "query/logql/ast.h"
#include "query/logql/token.h"

namespace varve::query {

class SyntaxReader {
 public:
  explicit SyntaxReader(std::vector<LogqlToken> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<LogqlExpr> ReadQuery();
  absl::StatusOr<std::vector<storage::Matcher>> ReadSelectorAlone();

 private:
  // Expressions: lines or numbers (parse_metric.cc).
  absl::StatusOr<LogqlExpr> ReadExpr(int precedence_min);
  absl::StatusOr<LogqlExpr> ReadPrimary();
  absl::StatusOr<MetricExprPtr> ReadMetric();
  absl::StatusOr<MetricExprPtr> ReadCall();
  absl::StatusOr<MetricExprPtr> ReadRangeAggregation(RangeFunction function);
  absl::StatusOr<MetricExprPtr> ReadVectorAggregation();
  absl::Status ReadVectorParameter(VectorAggregationExpr* node);
  absl::StatusOr<MetricExprPtr> ReadLabelReplace();
  absl::StatusOr<MetricExprPtr> ReadVector();
  absl::StatusOr<double> ReadLiteral();
  absl::StatusOr<BinaryOperation> ReadBinaryOperation();
  absl::StatusOr<Grouping> ReadGrouping();
  absl::StatusOr<std::vector<std::string>> ReadNameList();

  // Log expressions and ranges (parse_log.cc).
  absl::StatusOr<LogExpr> ReadLog();
  absl::StatusOr<std::vector<storage::Matcher>> ReadSelector();
  absl::StatusOr<storage::Matcher> ReadMatcher(bool equality_only_allowed);
  absl::Status ReadPipeline(LogExpr* log, LogRangeExpr* range);
  absl::StatusOr<LogRangeExpr> ReadLogRange();
  absl::Status ReadRangeSuffix(LogRangeExpr* range);
  absl::Status ReadUnwrap(UnwrapExpr* unwrap);

  // Stages (parse_stage.cc).
  bool AtLineFilter() const;
  absl::StatusOr<LineFilterExpr> ReadLineFilter();
  absl::StatusOr<StageExpr> ReadStage();
  absl::StatusOr<StageExpr> ReadParser(std::string_view keyword);
  absl::StatusOr<StageExpr> ReadLabelFormat();
  absl::StatusOr<StageExpr> ReadLabelSelect(bool keep);
  absl::StatusOr<std::vector<LabelExtraction>> ReadExtractions();
  absl::StatusOr<LabelFilterExpr> ReadLabelFilter(int precedence_min);
  absl::StatusOr<LabelFilterExpr> ReadLabelFilterUnit();

  // Tokens.
  const LogqlToken& Peek(size_t ahead = 0) const {
    return tokens_[at_ + ahead < tokens_.size() ? at_ + ahead : tokens_.size() - 1];
  }
  const LogqlToken& Take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool At(TokenType type) const { return Peek().type == type; }
  bool AtWord(std::string_view word) const {
    return Peek().type == TokenType::kIdentifier && Peek().text == word;
  }
  bool TakeIf(TokenType type);
  bool TakeWordIf(std::string_view word);
  // `expecting` is what the grammar wants here, or "" where it wants many things.
  absl::Status Unexpected(std::string_view expecting = "") const;
  absl::StatusOr<std::string> TakeText(TokenType type, std::string_view expecting);
  absl::Status Expect(TokenType type, std::string_view expecting);

  std::vector<LogqlToken> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  int operators_ = 0;  // binary ones, of the whole expression
};

// Counts nesting while it lives.
class DepthGuard {
 public:
  explicit DepthGuard(int* depth) : depth_(depth) { ++*depth_; }
  ~DepthGuard() { --*depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  int* depth_;
};

// Whether the selector rejects the empty stream, which every query must.
absl::Status CheckSelector(const std::vector<storage::Matcher>& matchers);
// Whether the function takes an unwrap and a grouping, as it has them.
absl::Status CheckRangeAggregation(const RangeAggregationExpr& node);

}  // namespace varve::query

#endif  // QUERY_LOGQL_SYNTAX_READER_H_
