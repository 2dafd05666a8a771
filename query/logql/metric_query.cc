#include "query/logql/metric_query.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "query/logql/range_aggregation.h"
#include "query/template/go_regex.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

using storage::LabelSet;
using storage::StrCat;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool IsDivision(BinaryOperator op) {
  return op == BinaryOperator::kDiv || op == BinaryOperator::kMod;
}

// Anything divided by NaN is NaN, which is what LogQL wants of a division by zero.
void ZerosToNaN(std::vector<double>* values) {
  for (double& value : *values) {
    if (value == 0) value = kNaN;
  }
}

// The engine's errors are worded as Prometheus words them.
absl::Status InLokisWords(const absl::Status& status) {
  const std::string_view message = storage::ToStd(status.message());
  for (const std::string_view side : {"right", "left"}) {
    if (message.find("found duplicate series for the match group") != message.npos &&
        message.find(StrCat("on the ", side, " hand-side")) != message.npos) {
      return absl::InvalidArgumentError(
          StrCat("found duplicate series on the ", side,
                 " hand-side;many-to-many matching not allowed: matching labels must be unique on "
                 "one side"));
    }
  }
  return status;
}

class Evaluator {
 public:
  Evaluator(const storage::Querier& querier, const StepTimes& steps, QueryContext* context)
      : querier_(querier), steps_(steps), context_(context) {}

  absl::StatusOr<MetricValue> Run(const MetricExpr& expr) {
    return std::visit([this](const auto& node) { return Evaluate(node); }, expr.node);
  }

 private:
  absl::StatusOr<MetricValue> Evaluate(const LiteralExpr& node) {
    return MetricValue(ScalarColumn(steps_.count, node.value));
  }

  absl::StatusOr<MetricValue> Evaluate(const VectorExpr& node) {
    StepSeries series(LabelSet(), steps_.count);
    for (size_t step = 0; step < steps_.count; ++step) series.Set(step, node.value);
    StepVector vector;
    vector.push_back(std::move(series));
    return MetricValue(std::move(vector));
  }

  absl::StatusOr<MetricValue> Evaluate(const RangeAggregationExpr& node) {
    return RunRangeAggregation(querier_, node, std::nullopt, steps_, context_);
  }

  absl::StatusOr<MetricValue> Evaluate(const VectorAggregationExpr& node) {
    if (node.approximate && steps_.count != 1) {
      return absl::InvalidArgumentError("approx_topk is only supported on instant queries");
    }
    StepVector input;
    const auto* range = std::get_if<RangeAggregationExpr>(&node.operand->node);
    if (range != nullptr && node.name == "sum" && TakesOuterSum(*range)) {
      const Grouping grouping = node.grouping.value_or(Grouping());
      VARVE_ASSIGN_OR_RETURN(input,
                             RunRangeAggregation(querier_, *range, grouping, steps_, context_));
    } else {
      VARVE_ASSIGN_OR_RETURN(input, RunVector(*node.operand));
    }
    if (node.sort != VectorAggregationExpr::Sort::kNone) {
      Sort(node.sort == VectorAggregationExpr::Sort::kDescending, &input);
      return MetricValue(std::move(input));
    }
    Aggregation aggregation;
    aggregation.op = node.op;
    if (node.grouping) aggregation.grouping = *node.grouping;
    if (node.parameter) aggregation.parameter.assign(steps_.count, *node.parameter);
    return Aggregate(aggregation, std::move(input), steps_.count, context_);
  }

  // Only an instant query has an order of values.
  void Sort(bool descending, StepVector* vector) const {
    if (steps_.count != 1) return;
    std::stable_sort(vector->begin(), vector->end(), [&](const StepSeries& a, const StepSeries& b) {
      const double left = a.values[0];
      const double right = b.values[0];
      if (std::isnan(left) || std::isnan(right)) return !std::isnan(left) && std::isnan(right);
      return descending ? left > right : left < right;
    });
  }

  absl::StatusOr<MetricValue> Evaluate(const LogqlBinaryExpr& node) {
    VARVE_ASSIGN_OR_RETURN(MetricValue left, Run(*node.left));
    VARVE_ASSIGN_OR_RETURN(MetricValue right, Run(*node.right));
    const BinaryOperation& operation = node.operation;
    if (IsDivision(operation.op)) {
      if (auto* column = std::get_if<ScalarColumn>(&right)) {
        ZerosToNaN(column);
      } else {
        for (StepSeries& series : std::get<StepVector>(right)) ZerosToNaN(&series.values);
      }
    }
    auto* left_scalar = std::get_if<ScalarColumn>(&left);
    auto* right_scalar = std::get_if<ScalarColumn>(&right);
    if (left_scalar != nullptr && right_scalar != nullptr) {
      return MetricValue(ScalarScalar(operation.op, *left_scalar, *right_scalar));
    }
    if (left_scalar != nullptr) {
      return VectorScalar(operation, std::get<StepVector>(std::move(right)), *left_scalar, true,
                          context_);
    }
    if (right_scalar != nullptr) {
      return VectorScalar(operation, std::get<StepVector>(std::move(left)), *right_scalar, false,
                          context_);
    }
    absl::StatusOr<StepVector> result =
        VectorVector(operation, std::get<StepVector>(std::move(left)),
                     std::get<StepVector>(std::move(right)), steps_.count, context_);
    if (!result.ok()) return InLokisWords(result.status());
    return MetricValue(*std::move(result));
  }

  absl::StatusOr<MetricValue> Evaluate(const LabelReplaceExpr& node) {
    VARVE_ASSIGN_OR_RETURN(StepVector vector, RunVector(*node.operand));
    const RE2 regex(StrCat("^(?s:", node.regex, ")$"), RE2::Quiet);
    if (!regex.ok()) {
      return absl::InvalidArgumentError("parse error : invalid regex in label_replace");
    }
    std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
    for (StepSeries& series : vector) {
      const std::string source(series.labels.Get(node.source));
      if (!regex.Match(source, 0, source.size(), RE2::ANCHOR_BOTH, groups.data(),
                       static_cast<int>(groups.size()))) {
        continue;
      }
      std::string value;
      AppendExpansion(node.replacement, regex, groups, &value);
      series.labels = series.labels.With(node.target, value);
    }
    return MetricValue(std::move(vector));
  }

  // An operand that must be a vector.
  absl::StatusOr<StepVector> RunVector(const MetricExpr& expr) {
    VARVE_ASSIGN_OR_RETURN(MetricValue value, Run(expr));
    auto* vector = std::get_if<StepVector>(&value);
    if (vector == nullptr) {
      return absl::InvalidArgumentError(
          "parse error : syntax error: unexpected NUMBER, expecting a vector");
    }
    return std::move(*vector);
  }

  const storage::Querier& querier_;
  const StepTimes& steps_;
  QueryContext* context_;
};

}  // namespace

absl::StatusOr<MetricValue> RunMetricQuery(const storage::Querier& querier, const MetricExpr& expr,
                                           const StepTimes& steps, QueryContext* context) {
  return Evaluator(querier, steps, context).Run(expr);
}

}  // namespace varve::query
