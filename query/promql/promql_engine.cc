#include "query/promql/promql_engine.h"

#include <algorithm>
#include <utility>

#include "query/engine/name_removal.h"
#include "query/engine/query_trace.h"
#include "query/promql/evaluator.h"
#include "query/promql/parser.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

constexpr size_t kAnnotationsMax = 10;  // of each kind in one answer

// Sorted, because the threads of a query give them in any order.
std::vector<std::string> LimitedAnnotations(std::vector<std::string> texts, std::string_view kind) {
  std::sort(texts.begin(), texts.end());
  if (texts.size() <= kAnnotationsMax) return texts;
  const size_t omitted = texts.size() - kAnnotationsMax;
  texts.resize(kAnnotationsMax);
  texts.push_back(storage::StrCat(omitted, " more ", kind, " annotations omitted"));
  return texts;
}

void TakeAnnotations(const QueryContext& context, QueryResult* result) {
  result->warnings = LimitedAnnotations(context.warnings(), "warning");
  result->infos = LimitedAnnotations(context.infos(), "info");
}

absl::StatusOr<ExprPtr> Parse(std::string_view text, const DurationScope& scope,
                              bool bare_selectors_are_logs, const QueryContext& context) {
  const PhaseScope preparing(context.trace(), &QueryTrace::preparation_ns);
  const QueryLimits& limits = context.limits();
  const ParseLimits parse_limits{.depth_max = limits.depth_max,
                                 .query_bytes_max = limits.query_bytes_max,
                                 .bare_selectors_are_logs = bare_selectors_are_logs};
  VARVE_ASSIGN_OR_RETURN(ExprPtr expr, ParseExpression(text, parse_limits));
  VARVE_RETURN_IF_ERROR(ResolveDurations(scope, expr.get()));
  return expr;
}

VectorResult MakeVector(StepVector vector, int64_t time_ms) {
  VectorResult result;
  for (StepSeries& series : vector) {
    if (!series.present[0]) continue;
    result.items.push_back(
        {std::move(series.labels), {time_ms, series.values[0]}, series.point(0)});
  }
  return result;
}

MatrixResult MakeMatrix(StepVector vector, const StepGrid& grid, QueryTrace* trace) {
  const PhaseScope sorting(trace, &QueryTrace::sort_ns);
  std::sort(vector.begin(), vector.end(),
            [](const StepSeries& a, const StepSeries& b) { return a.labels < b.labels; });
  MatrixResult result;
  result.series.reserve(vector.size());
  for (StepSeries& series : vector) {
    MatrixResult::Series out;
    out.samples.reserve(series.values.size());
    for (size_t s = 0; s < series.histograms.size(); ++s) {
      if (!series.present[s] || series.histograms[s] == nullptr) continue;
      out.histograms.push_back({grid.time_ms(s), std::move(series.histograms[s])});
      series.present[s] = 0;
    }
    for (size_t s = 0; s < series.values.size(); ++s) {
      if (series.present[s]) out.samples.push_back({grid.time_ms(s), series.values[s]});
    }
    if (out.samples.empty() && out.histograms.empty()) continue;
    out.labels = std::move(series.labels);
    result.series.push_back(std::move(out));
    series = StepSeries();  // its memory goes back before the next one needs some
  }
  return result;
}

}  // namespace

absl::StatusOr<QueryResult> PromqlEngine::Instant(const storage::Querier& querier,
                                                  std::string_view expr, int64_t time_ms,
                                                  QueryContext* context) const {
  const DurationScope scope{0, 0};
  VARVE_ASSIGN_OR_RETURN(const ExprPtr tree,
                         Parse(expr, scope, bare_selectors_are_logs_, *context));
  const StepGrid grid{time_ms, time_ms, 1};
  const Expr& root = StripParens(*tree);
  Evaluator evaluator(querier, expr, root, grid, false, logs_, context);
  const PhaseScope evaluating(context->trace(), &QueryTrace::evaluation_ns);
  QueryResult result;
  if (root.type() == ValueType::kMatrix) {
    VARVE_ASSIGN_OR_RETURN(result.value, evaluator.EvaluateMatrix(root, time_ms));
  } else {
    VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, evaluator.Evaluate(root, grid));
    switch (root.type()) {
      case ValueType::kScalar:
        result.value = ScalarResult{{time_ms, value.scalar[0]}};
        break;
      case ValueType::kString:
        result.value = StringResult{time_ms, std::move(value.text)};
        break;
      default:
        VARVE_RETURN_IF_ERROR(RemoveMarkedNames(&value.vector));
        result.value = MakeVector(std::move(value.vector), time_ms);
    }
  }
  TakeAnnotations(*context, &result);
  return result;
}

absl::StatusOr<QueryResult> PromqlEngine::Range(const storage::Querier& querier,
                                                std::string_view expr, const StepGrid& grid,
                                                QueryContext* context) const {
  if (grid.step_ms <= 0) {
    return absl::InvalidArgumentError(
        "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  if (grid.count() > context->limits().steps_max) {
    return absl::InvalidArgumentError(
        storage::StrCat("exceeded maximum resolution of ", context->limits().steps_max,
                        " points per timeseries. Try decreasing the query resolution (?step=XX)"));
  }
  const DurationScope scope{grid.step_ms, grid.end_ms - grid.start_ms};
  VARVE_ASSIGN_OR_RETURN(const ExprPtr tree,
                         Parse(expr, scope, bare_selectors_are_logs_, *context));
  const Expr& root = StripParens(*tree);
  if (root.type() != ValueType::kScalar && root.type() != ValueType::kVector) {
    return absl::InvalidArgumentError(
        storage::StrCat("invalid expression type ", storage::Quote(DocumentedType(root.type())),
                        " for range query, must be Scalar or instant Vector"));
  }
  QueryResult result;
  if (grid.count() == 0) {
    result.value = MatrixResult();
    return result;
  }
  Evaluator evaluator(querier, expr, root, grid, true, logs_, context);
  const PhaseScope evaluating(context->trace(), &QueryTrace::evaluation_ns);
  VARVE_ASSIGN_OR_RETURN(EvaluatedValue value, evaluator.Evaluate(root, grid));
  if (root.type() == ValueType::kScalar) {
    StepSeries series(storage::LabelSet(), grid.count());
    series.values = std::move(value.scalar);
    std::fill(series.present.begin(), series.present.end(), 1);
    value.vector.push_back(std::move(series));
  }
  VARVE_RETURN_IF_ERROR(RemoveMarkedNames(&value.vector));
  result.value = MakeMatrix(std::move(value.vector), grid, context->trace());
  TakeAnnotations(*context, &result);
  return result;
}

}  // namespace varve::query
