#include "query/engine/binary_operation.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "query/engine/binary_kernel.h"
#include "query/engine/go_math.h"
#include "query/engine/name_removal.h"
#include "storage/status_macros.h"

namespace varve::query {

using binary_internal::Keep;
using binary_internal::MixedOperand;
using binary_internal::Operand;

namespace binary_internal {
namespace {

template <typename Operator>
void Arithmetic(Operand left, Operand right, size_t steps, double* out) {
  if (left.stride == 1 && right.stride == 1) {
    for (size_t s = 0; s < steps; ++s) out[s] = Operator()(left.values[s], right.values[s]);
    return;
  }
  for (size_t s = 0; s < steps; ++s) {
    out[s] = Operator()(left.values[s * left.stride], right.values[s * right.stride]);
  }
}

template <typename Operator>
void Compare(Keep keep, Operand left, Operand right, size_t steps, double* out, uint8_t* present) {
  for (size_t s = 0; s < steps; ++s) {
    const double l = left.values[s * left.stride];
    const double r = right.values[s * right.stride];
    const bool holds = Operator()(l, r);
    if (keep == Keep::kResult) {
      out[s] = holds ? 1 : 0;
    } else {
      out[s] = keep == Keep::kLeftValue ? l : r;
      present[s] = present[s] & static_cast<uint8_t>(holds);
    }
  }
}

}  // namespace

bool DropsMetricName(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kAdd:
    case BinaryOperator::kSub:
    case BinaryOperator::kMul:
    case BinaryOperator::kDiv:
    case BinaryOperator::kMod:
    case BinaryOperator::kPow:
    case BinaryOperator::kAtan2:
      return true;
    default:
      return false;
  }
}

void ApplyColumns(BinaryOperator op, Keep keep, Operand left, Operand right, size_t steps,
                  double* out, uint8_t* present) {
  switch (op) {
    case BinaryOperator::kAdd:
      Arithmetic<std::plus<double>>(left, right, steps, out);
      return;
    case BinaryOperator::kSub:
      Arithmetic<std::minus<double>>(left, right, steps, out);
      return;
    case BinaryOperator::kMul:
      Arithmetic<std::multiplies<double>>(left, right, steps, out);
      return;
    case BinaryOperator::kDiv:
      Arithmetic<std::divides<double>>(left, right, steps, out);
      return;
    case BinaryOperator::kEqual:
      Compare<std::equal_to<double>>(keep, left, right, steps, out, present);
      return;
    case BinaryOperator::kNotEqual:
      Compare<std::not_equal_to<double>>(keep, left, right, steps, out, present);
      return;
    case BinaryOperator::kLess:
      Compare<std::less<double>>(keep, left, right, steps, out, present);
      return;
    case BinaryOperator::kLessOrEqual:
      Compare<std::less_equal<double>>(keep, left, right, steps, out, present);
      return;
    case BinaryOperator::kGreater:
      Compare<std::greater<double>>(keep, left, right, steps, out, present);
      return;
    case BinaryOperator::kGreaterOrEqual:
      Compare<std::greater_equal<double>>(keep, left, right, steps, out, present);
      return;
    case BinaryOperator::kMod:
    case BinaryOperator::kPow:
    case BinaryOperator::kAtan2:
      for (size_t s = 0; s < steps; ++s) {
        if (!present[s]) continue;
        out[s] = ApplyScalar(op, left.values[s * left.stride], right.values[s * right.stride]);
      }
      return;
    default:  // set operators and those of histograms never get here
      return;
  }
}

}  // namespace binary_internal

std::string_view BinaryOperatorText(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kAdd:
      return "+";
    case BinaryOperator::kSub:
      return "-";
    case BinaryOperator::kMul:
      return "*";
    case BinaryOperator::kDiv:
      return "/";
    case BinaryOperator::kMod:
      return "%";
    case BinaryOperator::kPow:
      return "^";
    case BinaryOperator::kAtan2:
      return "atan2";
    case BinaryOperator::kEqual:
      return "==";
    case BinaryOperator::kNotEqual:
      return "!=";
    case BinaryOperator::kLess:
      return "<";
    case BinaryOperator::kLessOrEqual:
      return "<=";
    case BinaryOperator::kGreater:
      return ">";
    case BinaryOperator::kGreaterOrEqual:
      return ">=";
    case BinaryOperator::kAnd:
      return "and";
    case BinaryOperator::kOr:
      return "or";
    case BinaryOperator::kUnless:
      return "unless";
    case BinaryOperator::kTrimUpper:
      return "</";
    case BinaryOperator::kTrimLower:
      return ">/";
  }
  return "";
}

bool IsComparison(BinaryOperator op) {
  return op >= BinaryOperator::kEqual && op <= BinaryOperator::kGreaterOrEqual;
}

bool IsSetOperator(BinaryOperator op) {
  return op == BinaryOperator::kAnd || op == BinaryOperator::kOr || op == BinaryOperator::kUnless;
}

double ApplyScalar(BinaryOperator op, double left, double right) {
  switch (op) {
    case BinaryOperator::kAdd:
      return left + right;
    case BinaryOperator::kSub:
      return left - right;
    case BinaryOperator::kMul:
      return left * right;
    case BinaryOperator::kDiv:
      return left / right;
    case BinaryOperator::kMod:
      return std::fmod(left, right);
    case BinaryOperator::kPow:
      return GoPow(left, right);
    case BinaryOperator::kAtan2:
      return GoAtan2(left, right);
    case BinaryOperator::kEqual:
      return left == right ? 1 : 0;
    case BinaryOperator::kNotEqual:
      return left != right ? 1 : 0;
    case BinaryOperator::kLess:
      return left < right ? 1 : 0;
    case BinaryOperator::kLessOrEqual:
      return left <= right ? 1 : 0;
    case BinaryOperator::kGreater:
      return left > right ? 1 : 0;
    case BinaryOperator::kGreaterOrEqual:
      return left >= right ? 1 : 0;
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

absl::StatusOr<StepVector> VectorVector(const BinaryOperation& operation, StepVector left,
                                        StepVector right, size_t steps, QueryContext* context) {
  if (IsSetOperator(operation.op)) {
    return binary_internal::SetOperation(operation, std::move(left), std::move(right), steps,
                                         context);
  }
  return binary_internal::MatchVectors(operation, left, right, steps, context);
}

absl::StatusOr<StepVector> VectorScalar(const BinaryOperation& operation, StepVector vector,
                                        const ScalarColumn& scalar, bool scalar_on_left,
                                        QueryContext* context) {
  const BinaryOperator op = operation.op;
  const bool filters = IsComparison(op) && !operation.return_bool;
  const Keep keep = !filters         ? Keep::kResult
                    : scalar_on_left ? Keep::kRightValue
                                     : Keep::kLeftValue;
  const bool drop_name = binary_internal::DropsMetricName(op) || operation.return_bool;
  constexpr size_t kSeriesPerTask = 64;
  const size_t tasks = (vector.size() + kSeriesPerTask - 1) / kSeriesPerTask;
  std::atomic<uint32_t> notes{0};
  const auto apply_some = [&](size_t task) -> absl::Status {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    const size_t last = std::min(vector.size(), (task + 1) * kSeriesPerTask);
    for (size_t i = task * kSeriesPerTask; i < last; ++i) {
      StepSeries& series = vector[i];
      const Operand column{series.values.data(), 1};
      const Operand constant{scalar.data(), 1};
      if (!series.histograms.empty() || binary_internal::IsTrim(op)) {
        const MixedOperand mixed{column, binary_internal::HistogramColumn(series)};
        const MixedOperand floats{constant, nullptr};
        uint32_t found = 0;
        binary_internal::ApplyMixed(op, keep, scalar_on_left ? floats : mixed,
                                    scalar_on_left ? mixed : floats, &series, &found);
        notes.fetch_or(found, std::memory_order_relaxed);
      } else {
        binary_internal::ApplyColumns(op, keep, scalar_on_left ? constant : column,
                                      scalar_on_left ? column : constant, series.values.size(),
                                      series.values.data(), series.present.data());
      }
      if (drop_name) DropMetricName(context->limits().features, &series);
    }
    return absl::OkStatus();
  };
  VARVE_RETURN_IF_ERROR(context->ParallelFor(tasks, apply_some));
  binary_internal::TellNotes(operation, notes.load(), context);
  if (drop_name) VARVE_RETURN_IF_ERROR(MergeSameLabels(&vector));
  return vector;
}

ScalarColumn ScalarScalar(BinaryOperator op, const ScalarColumn& left, const ScalarColumn& right) {
  ScalarColumn out(left.size());
  for (size_t s = 0; s < out.size(); ++s) out[s] = ApplyScalar(op, left[s], right[s]);
  return out;
}

}  // namespace varve::query
