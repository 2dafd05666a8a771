#include "query/logql/logql_engine.h"

#include <algorithm>
#include <utility>

#include "query/logql/context_lines.h"
#include "query/logql/lexer.h"
#include "query/logql/metric_query.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::StrCat;

absl::StatusOr<LogqlExpr> Parse(std::string_view text, const QueryContext& context) {
  if (text.size() > context.limits().query_bytes_max) {
    return ParseError(
        StrCat("input size too long (", text.size(), " > ", context.limits().query_bytes_max, ")"));
  }
  return ParseLogql(text);
}

VectorResult ToVector(const StepVector& vector, int64_t time_ms) {
  VectorResult result;
  for (const StepSeries& series : vector) {
    if (series.present[0] == 0) continue;
    result.items.push_back({series.labels, {time_ms, series.values[0]}});
  }
  return result;
}

MatrixResult ToMatrix(StepVector vector, const StepTimes& steps) {
  MatrixResult result;
  for (StepSeries& series : vector) {
    MatrixResult::Series points;
    for (size_t step = 0; step < steps.count; ++step) {
      if (series.present[step] != 0) {
        points.samples.push_back({steps.time_ms(step), series.values[step]});
      }
    }
    if (points.samples.empty()) continue;
    points.labels = std::move(series.labels);
    result.series.push_back(std::move(points));
  }
  std::sort(result.series.begin(), result.series.end(),
            [](const auto& a, const auto& b) { return a.labels < b.labels; });
  return result;
}

}  // namespace

absl::StatusOr<QueryResult> LogqlEngine::Instant(const storage::Querier& querier,
                                                 std::string_view text, int64_t time_ns,
                                                 uint64_t /*limit*/,
                                                 storage::Direction /*direction*/,
                                                 QueryContext* context) const {
  VARVE_ASSIGN_OR_RETURN(const LogqlExpr expr, Parse(text, *context));
  const auto* metric = std::get_if<MetricExprPtr>(&expr);
  if (metric == nullptr) {
    return absl::InvalidArgumentError(
        "log queries are not supported as an instant query type, please change your query to a "
        "range query type");
  }
  const StepTimes steps{time_ns, 1, 1};
  VARVE_ASSIGN_OR_RETURN(MetricValue value, RunMetricQuery(querier, **metric, steps, context));
  QueryResult result;
  if (const auto* scalar = std::get_if<ScalarColumn>(&value)) {
    result.value = ScalarResult{{steps.time_ms(0), (*scalar)[0]}};
  } else {
    result.value = ToVector(std::get<StepVector>(value), steps.time_ms(0));
  }
  result.warnings = context->warnings();
  return result;
}

absl::StatusOr<QueryResult> LogqlEngine::Range(const storage::Querier& querier,
                                               std::string_view text, int64_t start_ns,
                                               int64_t end_ns, int64_t step_ns, uint64_t limit,
                                               storage::Direction direction, QueryContext* context,
                                               uint64_t context_lines) const {
  VARVE_ASSIGN_OR_RETURN(const LogqlExpr expr, Parse(text, *context));
  QueryResult result;
  if (const auto* log = std::get_if<LogExpr>(&expr)) {
    if (limit > context->limits().entries_max) {
      return absl::InvalidArgumentError(
          StrCat("max entries limit per query exceeded, limit > max_entries_limit_per_query (",
                 limit, " > ", context->limits().entries_max, ")"));
    }
    if (context_lines > kContextLinesMax) {
      return absl::InvalidArgumentError(StrCat("cannot read the context of lines: ", context_lines,
                                               " lines, want at most ", kContextLinesMax));
    }
    const LogQuery query{{start_ns, end_ns}, direction, limit, context_lines};
    VARVE_ASSIGN_OR_RETURN(result.value, RunLogQuery(querier, *log, query, context));
    result.warnings = context->warnings();
    return result;
  }
  if (end_ns < start_ns) {
    return absl::InvalidArgumentError("end timestamp must not be before or equal to start time");
  }
  if (step_ns <= 0) {
    return absl::InvalidArgumentError(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  const Wide steps_wide = (static_cast<Wide>(end_ns) - start_ns) / step_ns + 1;
  if (steps_wide > static_cast<Wide>(context->limits().steps_max)) {
    return absl::InvalidArgumentError(
        "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of "
        "the step parameter");
  }
  const StepTimes steps{start_ns, step_ns, static_cast<size_t>(steps_wide)};
  VARVE_ASSIGN_OR_RETURN(MetricValue value,
                         RunMetricQuery(querier, *std::get<MetricExprPtr>(expr), steps, context));
  if (auto* scalar = std::get_if<ScalarColumn>(&value)) {
    StepSeries series(storage::LabelSet(), steps.count);
    for (size_t step = 0; step < steps.count; ++step) series.Set(step, (*scalar)[step]);
    StepVector vector;
    vector.push_back(std::move(series));
    value = std::move(vector);
  }
  result.value = ToMatrix(std::get<StepVector>(std::move(value)), steps);
  result.warnings = context->warnings();
  return result;
}

absl::StatusOr<bool> IsLogQuery(std::string_view text) {
  VARVE_ASSIGN_OR_RETURN(const LogqlExpr expr, ParseLogql(text));
  return std::holds_alternative<LogExpr>(expr);
}

}  // namespace varve::query
