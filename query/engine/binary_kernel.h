// One binary operator on one pair of columns.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_BINARY_KERNEL_H_
#define QUERY_ENGINE_BINARY_KERNEL_H_

#include <cstddef>
#include <cstdint>

#include "query/engine/binary_operation.h"

namespace varve::query::binary_internal {

// A column of one side: values at steps where present; a constant has a stride of 0.
struct Operand {
  const double* values;
  size_t stride;  // 1, or 0 for one value at every step
};

enum class Keep {
  kResult,      // of arithmetic, or 1 and 0 of a comparison with bool
  kLeftValue,   // of a comparison: the left value where it holds, else nothing
  kRightValue,  // the same for `scalar OP vector`
};

// Reads `present` as the steps where both sides are, and clears it where a comparison filters.
// `out` may be the values of an operand.
void ApplyColumns(BinaryOperator op, Keep keep, Operand left, Operand right, size_t steps,
                  double* out, uint8_t* present);

// A column of one side whose points may be native histograms; nullptr: they are all floats.
struct MixedOperand {
  Operand floats;
  const storage::HistogramPtr* histograms;
};

// The same for operands of which at least one has histograms, and for the operators of histograms
// alone. `*notes` gets what is to be told with TellNotes.
void ApplyMixed(BinaryOperator op, Keep keep, MixedOperand left, MixedOperand right,
                StepSeries* out, uint32_t* notes);
void TellNotes(const BinaryOperation& operation, uint32_t notes, QueryContext* context);
inline bool IsTrim(BinaryOperator op) {
  return op == BinaryOperator::kTrimUpper || op == BinaryOperator::kTrimLower;
}
// The histograms of a series, or nullptr.
inline const storage::HistogramPtr* HistogramColumn(const StepSeries& series) {
  return series.histograms.empty() ? nullptr : series.histograms.data();
}

// Whether the result of `op` is another metric than its operands.
bool DropsMetricName(BinaryOperator op);

// The other files of this operator.
absl::StatusOr<StepVector> MatchVectors(const BinaryOperation& operation, const StepVector& left,
                                        const StepVector& right, size_t steps,
                                        QueryContext* context);
absl::StatusOr<StepVector> SetOperation(const BinaryOperation& operation, StepVector left,
                                        StepVector right, size_t steps, QueryContext* context);

}  // namespace varve::query::binary_internal

#endif  // QUERY_ENGINE_BINARY_KERNEL_H_
