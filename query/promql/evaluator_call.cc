// Function calls: which function does what with which arguments.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "query/engine/annotations.h"
#include "query/engine/go_math.h"
#include "query/engine/label_functions.h"
#include "query/engine/name_removal.h"
#include "query/engine/scalar_functions.h"
#include "query/promql/evaluator.h"
#include "query/promql/functions_table.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

using NumberFunction = double (*)(double);

// nullptr for functions of another kind.
NumberFunction FindNumberFunction(FunctionId id) {
  switch (id) {
    case FunctionId::kAbs:
      return [](double x) { return std::abs(x); };
    case FunctionId::kAcos:
      return GoAcos;
    case FunctionId::kAcosh:
      return GoAcosh;
    case FunctionId::kAsin:
      return GoAsin;
    case FunctionId::kAsinh:
      return GoAsinh;
    case FunctionId::kAtan:
      return GoAtan;
    case FunctionId::kAtanh:
      return GoAtanh;
    case FunctionId::kCeil:
      return [](double x) { return std::ceil(x); };
    case FunctionId::kCos:
      return GoCos;
    case FunctionId::kCosh:
      return GoCosh;
    case FunctionId::kDeg:
      return Degrees;
    case FunctionId::kExp:
      return GoExp;
    case FunctionId::kFloor:
      return [](double x) { return std::floor(x); };
    case FunctionId::kLn:
      return GoLog;
    case FunctionId::kLog10:
      return GoLog10;
    case FunctionId::kLog2:
      return GoLog2;
    case FunctionId::kRad:
      return Radians;
    case FunctionId::kSgn:
      return Sign;
    case FunctionId::kSin:
      return GoSin;
    case FunctionId::kSinh:
      return GoSinh;
    case FunctionId::kSqrt:
      return [](double x) { return std::sqrt(x); };
    case FunctionId::kTan:
      return GoTan;
    case FunctionId::kTanh:
      return GoTanh;
    case FunctionId::kDayOfMonth:
      return DayOfMonth;
    case FunctionId::kDayOfWeek:
      return DayOfWeek;
    case FunctionId::kDayOfYear:
      return DayOfYear;
    case FunctionId::kDaysInMonth:
      return DaysInMonth;
    case FunctionId::kHour:
      return Hour;
    case FunctionId::kMinute:
      return Minute;
    case FunctionId::kMonth:
      return Month;
    case FunctionId::kYear:
      return Year;
    default:
      return nullptr;
  }
}

// Applies function(value, step) to the floats, which alone are kept, and drops the name, which
// makes another metric of each series.
template <typename Function>
absl::Status MapValues(const QueryFeatures& features, Function function, StepVector* vector) {
  DropHistograms(vector);
  for (StepSeries& series : *vector) {
    for (size_t s = 0; s < series.values.size(); ++s) {
      if (series.present[s]) series.values[s] = function(series.values[s], s);
    }
    DropMetricName(features, &series);
  }
  return MergeSameLabels(vector);
}

StepSeries FullSeries(ScalarColumn values) {
  StepSeries series;
  series.present.assign(values.size(), 1);
  series.values = std::move(values);
  return series;
}

// The labels of what is not there: those the selector asks to be equal to one value.
storage::LabelSet AbsentLabels(const Expr& argument) {
  const VectorSelector* selector = nullptr;
  if (argument.kind == ExprKind::kVectorSelector) selector = &As<VectorSelector>(argument);
  if (argument.kind == ExprKind::kMatrixSelector) {
    selector = As<MatrixSelector>(argument).selector.get();
  }
  storage::LabelSet labels;
  if (selector == nullptr) return labels;
  std::vector<std::string_view> seen;
  for (const storage::Matcher& matcher : selector->matchers) {
    if (matcher.name() == storage::kMetricNameLabel) continue;
    const bool again = std::find(seen.begin(), seen.end(), matcher.name()) != seen.end();
    if (matcher.type() == storage::MatchType::kEqual && !again) {
      labels = labels.With(matcher.name(), matcher.value());
      seen.push_back(matcher.name());
    } else {
      labels = labels.Without(matcher.name());
    }
  }
  return labels;
}

}  // namespace

absl::StatusOr<EvaluatedValue> Evaluator::EvaluateCall(const Call& call, const StepGrid& grid) {
  EvaluatedValue value;
  if (const MatrixSelector* logs = LogRangeOf(call); logs != nullptr) {
    VARVE_ASSIGN_OR_RETURN(value.vector, LogCall(call, *logs, grid));
    return value;
  }
  if (call.function->return_type == ValueType::kScalar) {
    VARVE_RETURN_IF_ERROR(ScalarCall(call, grid, &value));
    return value;
  }
  VectorResultOr vector = absl::InternalError("cannot evaluate an unknown function");
  switch (call.function->id) {
    case FunctionId::kClamp:
    case FunctionId::kClampMax:
    case FunctionId::kClampMin:
      vector = ClampCall(call, grid);
      break;
    case FunctionId::kRound:
      vector = RoundCall(call, grid);
      break;
    case FunctionId::kTimestamp:
    case FunctionId::kStartTimestamp:
      vector = TimestampCall(call, grid);
      break;
    case FunctionId::kAbsent:
    case FunctionId::kAbsentOverTime:
      vector = AbsentCall(call, grid);
      break;
    case FunctionId::kSort:
    case FunctionId::kSortDesc:
    case FunctionId::kSortByLabel:
    case FunctionId::kSortByLabelDesc:
      vector = SortCall(call, grid);
      break;
    case FunctionId::kLabelJoin:
    case FunctionId::kLabelReplace:
      vector = LabelCall(call, grid);
      break;
    case FunctionId::kHistogramQuantile:
      vector = HistogramQuantileCall(call, grid);
      break;
    case FunctionId::kHistogramQuantiles:
      vector = HistogramQuantilesCall(call, grid);
      break;
    case FunctionId::kHistogramFraction:
      vector = HistogramFractionCall(call, grid);
      break;
    case FunctionId::kInfo:
      vector = InfoCall(call, grid);
      break;
    case FunctionId::kHistogramAvg:
    case FunctionId::kHistogramCount:
    case FunctionId::kHistogramStddev:
    case FunctionId::kHistogramStdvar:
    case FunctionId::kHistogramSum:
      vector = HistogramStatisticCall(call, grid);
      break;
    case FunctionId::kVector: {
      VARVE_ASSIGN_OR_RETURN(ScalarColumn scalar, EvaluateScalar(*call.arguments[0], grid));
      value.vector.push_back(FullSeries(std::move(scalar)));
      return value;
    }
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfYear:
    case FunctionId::kDaysInMonth:
    case FunctionId::kHour:
    case FunctionId::kMinute:
    case FunctionId::kMonth:
    case FunctionId::kYear:
      vector = CalendarCall(call, grid);
      break;
    default:
      vector = FindNumberFunction(call.function->id) != nullptr ? MapCall(call, grid)
                                                                : RangeCall(call, grid);
  }
  if (!vector.ok()) return std::move(vector).status();
  value.vector = *std::move(vector);
  return value;
}

absl::Status Evaluator::ScalarCall(const Call& call, const StepGrid& grid, EvaluatedValue* value) {
  const size_t steps = grid.count();
  ScalarColumn& out = value->scalar;
  switch (call.function->id) {
    case FunctionId::kPi:
      out.assign(steps, std::numbers::pi);
      return absl::OkStatus();
    case FunctionId::kStart:
      out.assign(steps, Seconds(query_grid_.start_ms));
      break;
    case FunctionId::kEnd:
      out.assign(steps, Seconds(query_grid_.end_ms));
      break;
    case FunctionId::kRange:
      out.assign(steps, Seconds(query_grid_.end_ms - query_grid_.start_ms));
      break;
    case FunctionId::kStep:
      out.assign(steps, query_is_range_ ? Seconds(query_grid_.step_ms) : 0);
      break;
    case FunctionId::kTime:
      for (size_t s = 0; s < steps; ++s) out.push_back(Seconds(grid.time_ms(s)));
      break;
    case FunctionId::kMinOf:
    case FunctionId::kMaxOf: {
      VARVE_ASSIGN_OR_RETURN(out, EvaluateScalar(*call.arguments[0], grid));
      VARVE_ASSIGN_OR_RETURN(const ScalarColumn other, EvaluateScalar(*call.arguments[1], grid));
      const auto choose = call.function->id == FunctionId::kMinOf ? GoMin : GoMax;
      for (size_t s = 0; s < steps; ++s) out[s] = choose(out[s], other[s]);
      break;
    }
    case FunctionId::kScalar: {
      SampleHold hold;
      VARVE_ASSIGN_OR_RETURN(const StepVector vector,
                             EvaluateVector(*call.arguments[0], grid, &hold));
      std::vector<uint32_t> count(steps);
      out.assign(steps, std::numeric_limits<double>::quiet_NaN());
      for (const StepSeries& series : vector) {
        for (size_t s = 0; s < steps; ++s) {
          if (!series.present[s] || !series.is_float(s)) continue;
          out[s] = count[s] == 0 ? series.values[s] : std::numeric_limits<double>::quiet_NaN();
          ++count[s];
        }
      }
      break;
    }
    default:
      return absl::InternalError("cannot evaluate an unknown scalar function");
  }
  return absl::OkStatus();
}

absl::StatusOr<StepVector> Evaluator::MapCall(const Call& call, const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(*call.arguments[0], grid, &hold));
  const NumberFunction function = FindNumberFunction(call.function->id);
  VARVE_RETURN_IF_ERROR(MapValues(
      context_.limits().features, [function](double value, size_t) { return function(value); },
      &vector));
  return vector;
}

absl::StatusOr<StepVector> Evaluator::CalendarCall(const Call& call, const StepGrid& grid) {
  if (!call.arguments.empty()) return MapCall(call, grid);
  const NumberFunction function = FindNumberFunction(call.function->id);
  ScalarColumn values;
  for (size_t s = 0; s < grid.count(); ++s) {
    values.push_back(function(static_cast<double>(storage::FloorDivide(grid.time_ms(s), 1000))));
  }
  StepVector vector;
  vector.push_back(FullSeries(std::move(values)));
  return vector;
}

absl::StatusOr<StepVector> Evaluator::ClampCall(const Call& call, const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(*call.arguments[0], grid, &hold));
  VARVE_ASSIGN_OR_RETURN(const ScalarColumn first, EvaluateScalar(*call.arguments[1], grid));
  if (call.function->id == FunctionId::kClampMax) {
    VARVE_RETURN_IF_ERROR(MapValues(
        context_.limits().features, [&](double value, size_t s) { return GoMin(first[s], value); },
        &vector));
    return vector;
  }
  if (call.function->id == FunctionId::kClampMin) {
    VARVE_RETURN_IF_ERROR(MapValues(
        context_.limits().features, [&](double value, size_t s) { return GoMax(first[s], value); },
        &vector));
    return vector;
  }
  VARVE_ASSIGN_OR_RETURN(const ScalarColumn second, EvaluateScalar(*call.arguments[2], grid));
  for (StepSeries& series : vector) {
    for (size_t s = 0; s < first.size(); ++s) {
      if (second[s] < first[s]) series.present[s] = 0;
    }
  }
  VARVE_RETURN_IF_ERROR(MapValues(
      context_.limits().features,
      [&](double value, size_t s) { return GoMax(first[s], GoMin(second[s], value)); }, &vector));
  return vector;
}

absl::StatusOr<StepVector> Evaluator::RoundCall(const Call& call, const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(*call.arguments[0], grid, &hold));
  ScalarColumn inverse(grid.count(), 1);
  if (call.arguments.size() > 1) {
    VARVE_ASSIGN_OR_RETURN(inverse, EvaluateScalar(*call.arguments[1], grid));
    // Dividing by the inverse keeps 0.1 and its like exact.
    for (double& number : inverse) number = 1.0 / number;
  }
  VARVE_RETURN_IF_ERROR(MapValues(
      context_.limits().features,
      [&](double value, size_t s) { return RoundToMultiple(value, inverse[s]); }, &vector));
  return vector;
}

absl::StatusOr<StepVector> Evaluator::TimestampCall(const Call& call, const StepGrid& grid) {
  const Expr& argument = StripParens(*call.arguments[0]);
  const bool of_start = call.function->id == FunctionId::kStartTimestamp;
  if (argument.kind == ExprKind::kVectorSelector) {
    return EvaluateSelector(As<VectorSelector>(argument),
                            of_start ? RollupStartTimestamp : RollupInstantTimestamp, false, grid);
  }
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(argument, grid, &hold));
  if (of_start) return StepVector();  // what was computed did not start at any time
  for (StepSeries& series : vector) series.histograms.clear();  // their points stay
  VARVE_RETURN_IF_ERROR(MapValues(
      context_.limits().features, [&grid](double, size_t s) { return Seconds(grid.time_ms(s)); },
      &vector));
  return vector;
}

absl::StatusOr<StepVector> Evaluator::AbsentCall(const Call& call, const StepGrid& grid) {
  const Expr& argument = *call.arguments[0];
  StepVector vector;
  SampleHold hold;
  if (call.function->id == FunctionId::kAbsent) {
    VARVE_ASSIGN_OR_RETURN(vector, EvaluateVector(argument, grid, &hold));
  } else {
    RollupCall present;
    present.function = RollupPresent;
    present.histograms = HistogramPresent;
    present.keeps_name = true;
    VARVE_ASSIGN_OR_RETURN(vector, RollupArgument(argument, present, grid));
  }
  StepSeries out(AbsentLabels(argument), grid.count());
  std::fill(out.values.begin(), out.values.end(), 1.0);
  std::fill(out.present.begin(), out.present.end(), 1);
  for (const StepSeries& series : vector) {
    for (size_t s = 0; s < out.present.size(); ++s) {
      out.present[s] = out.present[s] & (series.present[s] ^ 1);
    }
  }
  StepVector result;
  if (out.has_any()) result.push_back(std::move(out));
  return result;
}

absl::StatusOr<StepVector> Evaluator::SortCall(const Call& call, const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(*call.arguments[0], grid, &hold));
  const FunctionId id = call.function->id;
  const bool by_value = id == FunctionId::kSort || id == FunctionId::kSortDesc;
  if (grid.start_ms != grid.end_ms) {
    AddPromqlWarning(
        "sort is ineffective for range queries since results are always ordered by labels",
        Position(call), &context_);
    if (by_value && DropHistograms(&vector)) DropEmptySeries(&vector);
    return vector;
  }
  if (by_value) {
    SortByValue(id == FunctionId::kSortDesc, &vector);
    return vector;
  }
  std::vector<std::string> labels;
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    labels.emplace_back(StringArgument(call, i));
  }
  SortByLabels(labels, id == FunctionId::kSortByLabelDesc, &vector);
  return vector;
}

absl::StatusOr<StepVector> Evaluator::LabelCall(const Call& call, const StepGrid& grid) {
  SampleHold hold;
  VARVE_ASSIGN_OR_RETURN(StepVector vector, EvaluateVector(*call.arguments[0], grid, &hold));
  const std::string target(StringArgument(call, 1));
  const std::string second(StringArgument(call, 2));
  if (call.function->id == FunctionId::kLabelReplace) {
    const LabelReplacement replacement{target, second, std::string(StringArgument(call, 3)),
                                       std::string(StringArgument(call, 4))};
    VARVE_RETURN_IF_ERROR(LabelReplace(replacement, &vector));
    return vector;
  }
  std::vector<std::string> sources;
  for (size_t i = 3; i < call.arguments.size(); ++i) {
    sources.emplace_back(StringArgument(call, i));
  }
  VARVE_RETURN_IF_ERROR(LabelJoin(target, second, sources, &vector));
  return vector;
}

}  // namespace varve::query
