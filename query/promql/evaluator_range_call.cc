// Functions of range vectors: which rollup they are, and what they refuse or warn of.
#include <cmath>
#include <cstdio>

#include "query/engine/annotations.h"
#include "query/promql/evaluator.h"
#include "query/promql/functions_table.h"
#include "storage/model/text.h"
#include "storage/status_macros.h"

namespace varve::query {
namespace {

Rollup FindRollup(FunctionId id) {
  switch (id) {
    case FunctionId::kAvgOverTime:
      return RollupAvg;
    case FunctionId::kChanges:
      return RollupChanges;
    case FunctionId::kCountOverTime:
      return RollupCount;
    case FunctionId::kDelta:
      return RollupDelta;
    case FunctionId::kDeriv:
      return RollupDeriv;
    case FunctionId::kDoubleExponentialSmoothing:
      return RollupDoubleExponentialSmoothing;
    case FunctionId::kFirstOverTime:
      return RollupFirst;
    case FunctionId::kIdelta:
      return RollupIdelta;
    case FunctionId::kIncrease:
      return RollupIncrease;
    case FunctionId::kIrate:
      return RollupIrate;
    case FunctionId::kLastOverTime:
      return RollupLast;
    case FunctionId::kMadOverTime:
      return RollupMad;
    case FunctionId::kMaxOverTime:
      return RollupMax;
    case FunctionId::kMinOverTime:
      return RollupMin;
    case FunctionId::kPredictLinear:
      return RollupPredictLinear;
    case FunctionId::kPresentOverTime:
      return RollupPresent;
    case FunctionId::kQuantileOverTime:
      return RollupQuantile;
    case FunctionId::kRate:
      return RollupRate;
    case FunctionId::kResets:
      return RollupResets;
    case FunctionId::kStddevOverTime:
      return RollupStddev;
    case FunctionId::kStdvarOverTime:
      return RollupStdvar;
    case FunctionId::kSumOverTime:
      return RollupSum;
    case FunctionId::kTsOfFirstOverTime:
      return RollupTimestampOfFirst;
    case FunctionId::kTsOfLastOverTime:
      return RollupTimestampOfLast;
    case FunctionId::kTsOfMaxOverTime:
      return RollupTimestampOfMax;
    case FunctionId::kTsOfMinOverTime:
      return RollupTimestampOfMin;
    default:
      return nullptr;
  }
}

// What the same functions do with histograms.
HistogramRollup FindHistogramRollup(FunctionId id) {
  switch (id) {
    case FunctionId::kAvgOverTime:
      return HistogramAvgOverTime;
    case FunctionId::kChanges:
      return HistogramChanges;
    case FunctionId::kCountOverTime:
      return HistogramCountOverTime;
    case FunctionId::kDelta:
      return HistogramDelta;
    case FunctionId::kFirstOverTime:
      return HistogramFirst;
    case FunctionId::kIdelta:
      return HistogramIdelta;
    case FunctionId::kIncrease:
      return HistogramIncrease;
    case FunctionId::kIrate:
      return HistogramIrate;
    case FunctionId::kLastOverTime:
      return HistogramLast;
    case FunctionId::kPresentOverTime:
      return HistogramPresent;
    case FunctionId::kRate:
      return HistogramRate;
    case FunctionId::kResets:
      return HistogramResets;
    case FunctionId::kSumOverTime:
      return HistogramSumOverTime;
    case FunctionId::kTsOfFirstOverTime:
      return HistogramTimestampOfFirst;
    case FunctionId::kTsOfLastOverTime:
      return HistogramTimestampOfLast;
    default:
      return HistogramIgnored;
  }
}

HistogramRollup FindExtendedHistogramRollup(FunctionId id, bool smoothed) {
  switch (id) {
    case FunctionId::kChanges:
      return HistogramAnchoredChanges;
    case FunctionId::kDelta:
      return smoothed ? HistogramSmoothedDelta : HistogramAnchoredDelta;
    case FunctionId::kIncrease:
      return smoothed ? HistogramSmoothedIncrease : HistogramAnchoredIncrease;
    case FunctionId::kRate:
      return smoothed ? HistogramSmoothedRate : HistogramAnchoredRate;
    case FunctionId::kResets:
      return HistogramAnchoredResets;
    default:
      return HistogramIgnored;
  }
}

// The form of a rollup for samples that have start timestamps; nullptr where there is none.
Rollup FindRollupWithStarts(FunctionId id) {
  switch (id) {
    case FunctionId::kIncrease:
      return RollupStartIncrease;
    case FunctionId::kIrate:
      return RollupStartIrate;
    case FunctionId::kRate:
      return RollupStartRate;
    case FunctionId::kResets:
      return RollupStartResets;
    default:
      return nullptr;
  }
}

// The form of a rollup for ranges with a modifier; nullptr where the function has none.
Rollup FindExtendedRollup(FunctionId id, bool smoothed) {
  switch (id) {
    case FunctionId::kChanges:
      return smoothed ? nullptr : RollupAnchoredChanges;
    case FunctionId::kDelta:
      return smoothed ? RollupSmoothedDelta : RollupAnchoredDelta;
    case FunctionId::kIncrease:
      return smoothed ? RollupSmoothedIncrease : RollupAnchoredIncrease;
    case FunctionId::kRate:
      return smoothed ? RollupSmoothedRate : RollupAnchoredRate;
    case FunctionId::kResets:
      return smoothed ? nullptr : RollupAnchoredResets;
    default:
      return nullptr;
  }
}

absl::Status ModifierError(bool smoothed, std::string_view function) {
  return absl::FailedPreconditionError(storage::StrCat(
      smoothed ? "smoothed modifier can only be used with: delta, increase, rate"
               : "anchored modifier can only be used with: changes, delta, increase, rate, resets",
      " - not with ", function));
}

absl::Status CheckFactor(std::string_view kind, std::string_view symbol,
                         const std::vector<double>& factors) {
  for (const double factor : factors) {
    if (factor > 0 && factor < 1) continue;
    char text[400];
    std::snprintf(text, sizeof text, "%f", factor);
    return absl::FailedPreconditionError(storage::StrCat(
        "invalid ", kind, " factor. Expected: 0 < ", symbol,
        " < 1, got: ", std::isnan(factor) ? std::string_view("NaN") : std::string_view(text)));
  }
  return absl::OkStatus();
}

void WarnOfShares(const std::vector<double>& shares, const StepVector& output,
                  std::string_view position, QueryContext* context) {
  for (size_t s = 0; s < shares.size(); ++s) {
    if (shares[s] >= 0 && shares[s] <= 1) continue;
    for (const StepSeries& series : output) {
      if (!series.present[s]) continue;
      WarnInvalidQuantile(shares[s], position, context);
      break;
    }
  }
}

}  // namespace

absl::StatusOr<StepVector> Evaluator::RangeCall(const Call& call, const StepGrid& grid) {
  const FunctionId id = call.function->id;
  RollupCall rollup;
  rollup.function = FindRollup(id);
  if (rollup.function == nullptr) {
    return absl::InternalError(
        storage::StrCat("cannot evaluate the unknown function ", call.function->name));
  }
  rollup.histograms = FindHistogramRollup(id);
  rollup.with_starts = FindRollupWithStarts(id);
  rollup.keeps_name = id == FunctionId::kLastOverTime || id == FunctionId::kFirstOverTime;
  rollup.of_counter = id == FunctionId::kRate || id == FunctionId::kIncrease;
  const size_t range_index = id == FunctionId::kQuantileOverTime ? 1 : 0;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i == range_index) continue;
    VARVE_ASSIGN_OR_RETURN(ScalarColumn column, EvaluateScalar(*call.arguments[i], grid));
    (i == 2 ? rollup.second_parameter : rollup.parameter) = std::move(column);
  }
  const Expr& range = *call.arguments[range_index];
  // The points of a subquery have no place in the text.
  if (StripParens(range).kind != ExprKind::kSubquery) rollup.position = range.position;
  if (range_index == 1) rollup.position = call.arguments[0]->position;  // the share is blamed
  if (StripParens(range).kind == ExprKind::kMatrixSelector) {
    const VectorSelector& selector = *As<MatrixSelector>(StripParens(range)).selector;
    if (selector.anchored || selector.smoothed) {
      rollup.function = FindExtendedRollup(id, selector.smoothed);
      rollup.histograms = FindExtendedHistogramRollup(id, selector.smoothed);
      rollup.with_starts = nullptr;
      if (rollup.function == nullptr) return ModifierError(selector.smoothed, call.function->name);
    }
  }
  VARVE_ASSIGN_OR_RETURN(StepVector output, RollupArgument(range, rollup, grid));
  if (output.empty()) return output;
  if (id == FunctionId::kDoubleExponentialSmoothing) {
    VARVE_RETURN_IF_ERROR(CheckFactor("smoothing", "sf", rollup.parameter));
    VARVE_RETURN_IF_ERROR(CheckFactor("trend", "tf", rollup.second_parameter));
  }
  if (id == FunctionId::kQuantileOverTime) {
    WarnOfShares(rollup.parameter, output, Position(*call.arguments[0]), &context_);
  }
  return output;
}

}  // namespace varve::query
