#include "server/log_query_limits.h"

#include <algorithm>
#include <string>
#include <variant>

#include "query/engine/number_format.h"
#include "query/logql/parser.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::server {
namespace {

using query::LogExpr;
using query::MetricExpr;
using storage::StrCat;

std::string DurationText(int64_t milliseconds) {
  std::string text;
  query::AppendPromDuration(milliseconds, &text);
  return text;
}

// Checks every selector of an expression.
class SelectorCheck {
 public:
  explicit SelectorCheck(const LogQueryLimits& limits) : limits_(limits) {}

  absl::Status Check(const LogExpr& log) const {
    if (limits_.matchers_max == 0 || log.matchers.size() <= limits_.matchers_max) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        StrCat("max streams matchers per query exceeded, matchers-count > limit (",
               log.matchers.size(), " > ", limits_.matchers_max, ")"));
  }
  absl::Status Check(const MetricExpr& expr) const {
    return std::visit([this](const auto& node) { return CheckNode(node); }, expr.node);
  }

 private:
  absl::Status CheckNode(const query::LiteralExpr&) const { return absl::OkStatus(); }
  absl::Status CheckNode(const query::VectorExpr&) const { return absl::OkStatus(); }
  absl::Status CheckNode(const query::RangeAggregationExpr& aggregation) const {
    const int64_t range_ms = aggregation.range.range_ns / storage::kNanosecondsPerMillisecond;
    if (limits_.range_ms > 0 && range_ms > limits_.range_ms) {
      return absl::InvalidArgumentError(StrCat("[interval] value exceeds limit: [",
                                               DurationText(range_ms), "] > [",
                                               DurationText(limits_.range_ms), "]"));
    }
    return Check(aggregation.range.log);
  }
  absl::Status CheckNode(const query::VectorAggregationExpr& aggregation) const {
    return Check(*aggregation.operand);
  }
  absl::Status CheckNode(const query::LogqlBinaryExpr& binary) const {
    VARVE_RETURN_IF_ERROR(Check(*binary.left));
    return Check(*binary.right);
  }
  absl::Status CheckNode(const query::LabelReplaceExpr& replace) const {
    return Check(*replace.operand);
  }

  const LogQueryLimits& limits_;
};

}  // namespace

absl::StatusOr<bool> LimitRange(const LogQueryLimits& limits, int64_t now_ns, LokiBounds* bounds) {
  if (limits.lookback_ms > 0) {
    const int64_t oldest_ns = now_ns - limits.lookback_ms * storage::kNanosecondsPerMillisecond;
    if (bounds->end_ns < oldest_ns) return false;
    bounds->start_ns = std::max(bounds->start_ns, oldest_ns);
  }
  if (limits.length_ms > 0 && bounds->end_ns > bounds->start_ns) {
    // Unsigned: the widest range there is does not overflow.
    const uint64_t length_ms =
        (static_cast<uint64_t>(bounds->end_ns) - static_cast<uint64_t>(bounds->start_ns)) /
        storage::kNanosecondsPerMillisecond;
    if (length_ms > static_cast<uint64_t>(limits.length_ms)) {
      return absl::InvalidArgumentError(
          StrCat("the query time range exceeds the limit (query length: ",
                 DurationText(static_cast<int64_t>(length_ms)),
                 ", limit: ", DurationText(limits.length_ms), ")"));
    }
  }
  return true;
}

absl::Status CheckQueryText(const LogQueryLimits& limits, std::string_view text) {
  if (limits.range_ms == 0 && limits.matchers_max == 0) return absl::OkStatus();
  const absl::StatusOr<query::LogqlExpr> parsed = query::ParseLogql(text);
  if (!parsed.ok()) return absl::OkStatus();
  const SelectorCheck check(limits);
  if (const auto* log = std::get_if<LogExpr>(&*parsed)) return check.Check(*log);
  return check.Check(*std::get<query::MetricExprPtr>(*parsed));
}

absl::Status CheckResult(const LogQueryLimits& limits, const query::QueryResult& result) {
  size_t series = 0;
  if (const auto* matrix = std::get_if<query::MatrixResult>(&result.value)) {
    series = matrix->series.size();
  } else if (const auto* vector = std::get_if<query::VectorResult>(&result.value)) {
    series = vector->items.size();
  }
  if (limits.series_max == 0 || series <= limits.series_max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat("maximum number of series (", limits.series_max,
             ") reached for a single query; consider reducing query cardinality by adding more "
             "specific stream selectors, reducing the time range, or aggregating results with "
             "functions like sum(), count() or topk()"));
}

}  // namespace varve::server
