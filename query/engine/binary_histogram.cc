// Binary operators where native histograms are among the operands.
#include <memory>

#include "query/engine/annotations.h"
#include "query/engine/binary_kernel.h"
#include "query/engine/histogram_reset.h"
#include "query/engine/histogram_sum.h"
#include "query/engine/histogram_trim.h"
#include "storage/model/text.h"

namespace varve::query::binary_internal {
namespace {

using storage::Histogram;
using storage::HistogramPtr;

enum BinaryNote : uint32_t {
  kFloatFloat = 1 << 0,  // types that the operator does not combine
  kFloatHistogram = 1 << 1,
  kHistogramFloat = 1 << 2,
  kHistogramHistogram = 1 << 3,
  kIncompatibleLayout = 1 << 4,  // exponential and custom buckets
  kReconciledBounds = 1 << 5,
  kConflictingResets = 1 << 6,
};

HistogramPtr Shared(Histogram histogram) {
  return std::make_shared<const Histogram>(std::move(histogram));
}

HistogramPtr Scaled(const Histogram& histogram, BinaryOperator op, double number) {
  HistogramSum scaled(histogram, false);
  if (op == BinaryOperator::kMul) {
    scaled.Multiply(number);
  } else {
    scaled.Divide(number);
  }
  scaled.DropEmptyBuckets();
  return Shared(scaled.Value());
}

HistogramPtr AddOrSubtract(BinaryOperator op, const Histogram& left, const Histogram& right,
                           uint32_t* notes) {
  HistogramSum result(left, false);
  const bool adds = op == BinaryOperator::kAdd;
  const HistogramSum::Outcome outcome = result.Add(right, adds ? 1 : -1);
  if (outcome.incompatible) {
    *notes |= kIncompatibleLayout;
    return nullptr;
  }
  if (outcome.reconciled) *notes |= kReconciledBounds;
  if (outcome.conflicting) *notes |= kConflictingResets;
  if (!adds) return result.Gauge();
  result.DropEmptyBuckets();
  return Shared(result.Value());
}

// What becomes of one step: nothing, unless the operator sets it.
class Step {
 public:
  Step(BinaryOperator op, Keep keep, size_t step, StepSeries* out, uint32_t* notes)
      : op_(op), keep_(keep), step_(step), out_(*out), notes_(*notes) {
    out_.present[step] = 0;
    if (!out_.histograms.empty()) out_.histograms[step] = nullptr;
  }

  void Floats(double left, double right) {
    if (op_ == BinaryOperator::kTrimUpper || op_ == BinaryOperator::kTrimLower) {
      notes_ |= kFloatFloat;
      return;
    }
    const double result = ApplyScalar(op_, left, right);
    if (keep_ == Keep::kResult) {
      out_.Set(step_, result);
    } else if (result != 0) {
      out_.Set(step_, keep_ == Keep::kLeftValue ? left : right);
    }
  }

  void FloatHistogram(double left, const Histogram& right) {
    if (op_ == BinaryOperator::kMul) {
      out_.SetHistogram(step_, Scaled(right, op_, left));
    } else {
      notes_ |= kFloatHistogram;
    }
  }

  void HistogramFloat(const Histogram& left, double right) {
    switch (op_) {
      case BinaryOperator::kMul:
      case BinaryOperator::kDiv:
        out_.SetHistogram(step_, Scaled(left, op_, right));
        return;
      case BinaryOperator::kTrimUpper:
        out_.SetHistogram(step_, Shared(TrimHistogram(left, right, KeepSide::kBelow)));
        return;
      case BinaryOperator::kTrimLower:
        out_.SetHistogram(step_, Shared(TrimHistogram(left, right, KeepSide::kAbove)));
        return;
      default:
        notes_ |= kHistogramFloat;
    }
  }

  void Histograms(const HistogramPtr& left, const HistogramPtr& right) {
    switch (op_) {
      case BinaryOperator::kAdd:
      case BinaryOperator::kSub: {
        HistogramPtr result = AddOrSubtract(op_, *left, *right, &notes_);
        if (result != nullptr) out_.SetHistogram(step_, std::move(result));
        return;
      }
      case BinaryOperator::kEqual:
      case BinaryOperator::kNotEqual: {
        const bool holds = EqualHistograms(*left, *right) == (op_ == BinaryOperator::kEqual);
        if (keep_ == Keep::kResult) {
          out_.Set(step_, holds ? 1 : 0);
        } else if (holds) {
          out_.SetHistogram(step_, left);
        }
        return;
      }
      default:
        notes_ |= kHistogramHistogram;
    }
  }

 private:
  const BinaryOperator op_;
  const Keep keep_;
  const size_t step_;
  StepSeries& out_;
  uint32_t& notes_;
};

}  // namespace

void ApplyMixed(BinaryOperator op, Keep keep, MixedOperand left, MixedOperand right,
                StepSeries* out, uint32_t* notes) {
  for (size_t s = 0; s < out->present.size(); ++s) {
    if (!out->present[s]) continue;
    // Copies: an operand may be the output.
    const double l = left.floats.values[s * left.floats.stride];
    const double r = right.floats.values[s * right.floats.stride];
    const HistogramPtr hl = left.histograms == nullptr ? nullptr : left.histograms[s];
    const HistogramPtr hr = right.histograms == nullptr ? nullptr : right.histograms[s];
    Step step(op, keep, s, out, notes);
    if (hl == nullptr && hr == nullptr) {
      step.Floats(l, r);
    } else if (hl == nullptr) {
      step.FloatHistogram(l, *hr);
    } else if (hr == nullptr) {
      step.HistogramFloat(*hl, r);
    } else {
      step.Histograms(hl, hr);
    }
  }
}

void TellNotes(const BinaryOperation& operation, uint32_t notes, QueryContext* context) {
  const std::string_view op = BinaryOperatorText(operation.op);
  const std::string_view position = operation.position;
  const auto types = [&](BinaryNote note, std::string_view left, std::string_view right) {
    if ((notes & note) == 0) return;
    AddPromqlInfo(storage::StrCat("incompatible sample types encountered for binary operator ",
                                  storage::Quote(op), ": ", left, " ", op, " ", right),
                  position, context);
  };
  types(kFloatFloat, "float", "float");
  types(kFloatHistogram, "float", "histogram");
  types(kHistogramFloat, "histogram", "float");
  types(kHistogramHistogram, "histogram", "histogram");
  const std::string_view name = operation.op == BinaryOperator::kAdd ? "addition" : "subtraction";
  if ((notes & kIncompatibleLayout) != 0) {
    AddPromqlWarning(
        storage::StrCat("incompatible bucket layout encountered for binary operator ", op),
        position, context);
  }
  if ((notes & kReconciledBounds) != 0) {
    AddPromqlInfo(storage::StrCat("mismatched custom buckets were reconciled during ", name),
                  position, context);
  }
  if ((notes & kConflictingResets) != 0) {
    AddPromqlWarning(storage::StrCat("conflicting counter resets during histogram ", name),
                     position, context);
  }
}

}  // namespace varve::query::binary_internal
