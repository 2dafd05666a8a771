#include "query/promql/functions_table.h"

#include <algorithm>

namespace varve::query {
namespace {

constexpr ValueType kS = ValueType::kScalar;
constexpr ValueType kV = ValueType::kVector;
constexpr ValueType kM = ValueType::kMatrix;
constexpr ValueType kT = ValueType::kString;

constexpr ValueType kMatrix[] = {kM};
constexpr ValueType kMatrixScalar[] = {kM, kS};
constexpr ValueType kMatrixScalarScalar[] = {kM, kS, kS};
constexpr ValueType kScalar[] = {kS};
constexpr ValueType kScalarMatrix[] = {kS, kM};
constexpr ValueType kScalarScalar[] = {kS, kS};
constexpr ValueType kScalarScalarVector[] = {kS, kS, kV};
constexpr ValueType kScalarVector[] = {kS, kV};
constexpr ValueType kVector[] = {kV};
constexpr ValueType kVectorScalar[] = {kV, kS};
constexpr ValueType kVectorScalarScalar[] = {kV, kS, kS};
constexpr ValueType kVectorString[] = {kV, kT};
constexpr ValueType kVectorStringScalarScalar[] = {kV, kT, kS, kS};
constexpr ValueType kVectorStringStringString[] = {kV, kT, kT, kT};
constexpr ValueType kVectorStringStringStringString[] = {kV, kT, kT, kT, kT};
constexpr ValueType kVectorVector[] = {kV, kV};

// Ordered by name, for the search.
constexpr FunctionSignature kFunctions[] = {
    {FunctionId::kAbs, "abs", kVector, 0, kV, false},
    {FunctionId::kAbsent, "absent", kVector, 0, kV, false},
    {FunctionId::kAbsentOverTime, "absent_over_time", kMatrix, 0, kV, false},
    {FunctionId::kAcos, "acos", kVector, 0, kV, false},
    {FunctionId::kAcosh, "acosh", kVector, 0, kV, false},
    {FunctionId::kAsin, "asin", kVector, 0, kV, false},
    {FunctionId::kAsinh, "asinh", kVector, 0, kV, false},
    {FunctionId::kAtan, "atan", kVector, 0, kV, false},
    {FunctionId::kAtanh, "atanh", kVector, 0, kV, false},
    {FunctionId::kAvgOverTime, "avg_over_time", kMatrix, 0, kV, false},
    {FunctionId::kCeil, "ceil", kVector, 0, kV, false},
    {FunctionId::kChanges, "changes", kMatrix, 0, kV, false},
    {FunctionId::kClamp, "clamp", kVectorScalarScalar, 0, kV, false},
    {FunctionId::kClampMax, "clamp_max", kVectorScalar, 0, kV, false},
    {FunctionId::kClampMin, "clamp_min", kVectorScalar, 0, kV, false},
    {FunctionId::kCos, "cos", kVector, 0, kV, false},
    {FunctionId::kCosh, "cosh", kVector, 0, kV, false},
    {FunctionId::kCountOverTime, "count_over_time", kMatrix, 0, kV, false},
    {FunctionId::kDayOfMonth, "day_of_month", kVector, 1, kV, false},
    {FunctionId::kDayOfWeek, "day_of_week", kVector, 1, kV, false},
    {FunctionId::kDayOfYear, "day_of_year", kVector, 1, kV, false},
    {FunctionId::kDaysInMonth, "days_in_month", kVector, 1, kV, false},
    {FunctionId::kDeg, "deg", kVector, 0, kV, false},
    {FunctionId::kDelta, "delta", kMatrix, 0, kV, false},
    {FunctionId::kDeriv, "deriv", kMatrix, 0, kV, false},
    {FunctionId::kDoubleExponentialSmoothing, "double_exponential_smoothing", kMatrixScalarScalar,
     0, kV, true},
    {FunctionId::kEnd, "end", {}, 0, kS, true},
    {FunctionId::kExp, "exp", kVector, 0, kV, false},
    {FunctionId::kFirstOverTime, "first_over_time", kMatrix, 0, kV, false},
    {FunctionId::kFloor, "floor", kVector, 0, kV, false},
    {FunctionId::kHistogramAvg, "histogram_avg", kVector, 0, kV, false},
    {FunctionId::kHistogramCount, "histogram_count", kVector, 0, kV, false},
    {FunctionId::kHistogramFraction, "histogram_fraction", kScalarScalarVector, 0, kV, false},
    {FunctionId::kHistogramQuantile, "histogram_quantile", kScalarVector, 0, kV, false},
    {FunctionId::kHistogramQuantiles, "histogram_quantiles", kVectorStringScalarScalar, 9, kV,
     true},
    {FunctionId::kHistogramStddev, "histogram_stddev", kVector, 0, kV, false},
    {FunctionId::kHistogramStdvar, "histogram_stdvar", kVector, 0, kV, false},
    {FunctionId::kHistogramSum, "histogram_sum", kVector, 0, kV, false},
    {FunctionId::kHour, "hour", kVector, 1, kV, false},
    {FunctionId::kIdelta, "idelta", kMatrix, 0, kV, false},
    {FunctionId::kIncrease, "increase", kMatrix, 0, kV, false},
    {FunctionId::kInfo, "info", kVectorVector, 1, kV, true},
    {FunctionId::kIrate, "irate", kMatrix, 0, kV, false},
    {FunctionId::kLabelJoin, "label_join", kVectorStringStringString, -1, kV, false},
    {FunctionId::kLabelReplace, "label_replace", kVectorStringStringStringString, 0, kV, false},
    {FunctionId::kLastOverTime, "last_over_time", kMatrix, 0, kV, false},
    {FunctionId::kLn, "ln", kVector, 0, kV, false},
    {FunctionId::kLog10, "log10", kVector, 0, kV, false},
    {FunctionId::kLog2, "log2", kVector, 0, kV, false},
    {FunctionId::kMadOverTime, "mad_over_time", kMatrix, 0, kV, true},
    {FunctionId::kMaxOf, "max_of", kScalarScalar, 0, kS, true},
    {FunctionId::kMaxOverTime, "max_over_time", kMatrix, 0, kV, false},
    {FunctionId::kMinOf, "min_of", kScalarScalar, 0, kS, true},
    {FunctionId::kMinOverTime, "min_over_time", kMatrix, 0, kV, false},
    {FunctionId::kMinute, "minute", kVector, 1, kV, false},
    {FunctionId::kMonth, "month", kVector, 1, kV, false},
    {FunctionId::kPi, "pi", {}, 0, kS, false},
    {FunctionId::kPredictLinear, "predict_linear", kMatrixScalar, 0, kV, false},
    {FunctionId::kPresentOverTime, "present_over_time", kMatrix, 0, kV, false},
    {FunctionId::kQuantileOverTime, "quantile_over_time", kScalarMatrix, 0, kV, false},
    {FunctionId::kRad, "rad", kVector, 0, kV, false},
    {FunctionId::kRange, "range", {}, 0, kS, true},
    {FunctionId::kRate, "rate", kMatrix, 0, kV, false},
    {FunctionId::kResets, "resets", kMatrix, 0, kV, false},
    {FunctionId::kRound, "round", kVectorScalar, 1, kV, false},
    {FunctionId::kScalar, "scalar", kVector, 0, kS, false},
    {FunctionId::kSgn, "sgn", kVector, 0, kV, false},
    {FunctionId::kSin, "sin", kVector, 0, kV, false},
    {FunctionId::kSinh, "sinh", kVector, 0, kV, false},
    {FunctionId::kSort, "sort", kVector, 0, kV, false},
    {FunctionId::kSortByLabel, "sort_by_label", kVectorString, -1, kV, true},
    {FunctionId::kSortByLabelDesc, "sort_by_label_desc", kVectorString, -1, kV, true},
    {FunctionId::kSortDesc, "sort_desc", kVector, 0, kV, false},
    {FunctionId::kSqrt, "sqrt", kVector, 0, kV, false},
    {FunctionId::kStart, "start", {}, 0, kS, true},
    {FunctionId::kStartTimestamp, "start_timestamp", kVector, 0, kV, true},
    {FunctionId::kStddevOverTime, "stddev_over_time", kMatrix, 0, kV, false},
    {FunctionId::kStdvarOverTime, "stdvar_over_time", kMatrix, 0, kV, false},
    {FunctionId::kStep, "step", {}, 0, kS, true},
    {FunctionId::kSumOverTime, "sum_over_time", kMatrix, 0, kV, false},
    {FunctionId::kTan, "tan", kVector, 0, kV, false},
    {FunctionId::kTanh, "tanh", kVector, 0, kV, false},
    {FunctionId::kTime, "time", {}, 0, kS, false},
    {FunctionId::kTimestamp, "timestamp", kVector, 0, kV, false},
    {FunctionId::kTsOfFirstOverTime, "ts_of_first_over_time", kMatrix, 0, kV, true},
    {FunctionId::kTsOfLastOverTime, "ts_of_last_over_time", kMatrix, 0, kV, true},
    {FunctionId::kTsOfMaxOverTime, "ts_of_max_over_time", kMatrix, 0, kV, true},
    {FunctionId::kTsOfMinOverTime, "ts_of_min_over_time", kMatrix, 0, kV, true},
    {FunctionId::kVector, "vector", kScalar, 0, kV, false},
    {FunctionId::kYear, "year", kVector, 1, kV, false},
};

}  // namespace

int ArgumentsMin(const FunctionSignature& function) {
  const int count = static_cast<int>(function.argument_types.size());
  return function.variadic == 0 ? count : count - 1;
}

int ArgumentsMax(const FunctionSignature& function) {
  const int count = static_cast<int>(function.argument_types.size());
  if (function.variadic == 0) return count;
  return function.variadic < 0 ? -1 : count - 1 + function.variadic;
}

const FunctionSignature* FindFunction(std::string_view name) {
  const auto* found = std::lower_bound(
      std::begin(kFunctions), std::end(kFunctions), name,
      [](const FunctionSignature& row, std::string_view wanted) { return row.name < wanted; });
  return found != std::end(kFunctions) && found->name == name ? found : nullptr;
}

const FunctionSignature* FindLogFunction(std::string_view name) {
  // Logs are read by LogQL; the rows say no more than what PromQL's types need.
  static constexpr FunctionSignature kLogFunctions[] = {
      {FunctionId::kCountOverTime, "bytes_over_time", kMatrix, 0, kV, false},
      {FunctionId::kCountOverTime, "bytes_rate", kMatrix, 0, kV, false},
      {FunctionId::kCountOverTime, "rate_counter", kMatrix, 0, kV, false},
  };
  for (const FunctionSignature& function : kLogFunctions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::span<const FunctionSignature> AllFunctions() { return kFunctions; }

}  // namespace varve::query
