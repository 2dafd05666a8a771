// Binary operators between scalars and vectors, with label matching, for both languages.
//
// Source of the semantics: Prometheus documentation, "Binary operators" and "Vector matching".
// Threads:  functions without state.
// Errors:   FAILED_PRECONDITION (HTTP 422 "execution") for many-to-many matching and duplicate
//           result series, in Prometheus's words.
#ifndef QUERY_ENGINE_BINARY_OPERATION_H_
#define QUERY_ENGINE_BINARY_OPERATION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/query_context.h"
#include "query/engine/step_vector.h"

namespace varve::query {

enum class BinaryOperator {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kAnd,
  kOr,
  kUnless,
  kTrimUpper,  // `</`, histograms only
  kTrimLower,  // `>/`, histograms only
};
std::string_view BinaryOperatorText(BinaryOperator op);
bool IsComparison(BinaryOperator op);
bool IsSetOperator(BinaryOperator op);
// Arithmetic of two floats; comparisons give 1 or 0.
double ApplyScalar(BinaryOperator op, double left, double right);

enum class MatchCardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

struct VectorMatching {
  MatchCardinality cardinality = MatchCardinality::kOneToOne;
  bool on = false;  // on(labels), else ignoring(labels)
  std::vector<std::string> labels;
  std::vector<std::string> include;  // of group_left / group_right
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct BinaryOperation {
  BinaryOperator op = BinaryOperator::kAdd;
  bool return_bool = false;
  VectorMatching matching;
  std::string position;  // "line:col" for annotations; may be empty
};

// Scalars are one value per step.
using ScalarColumn = std::vector<double>;

absl::StatusOr<StepVector> VectorVector(const BinaryOperation& operation, StepVector left,
                                        StepVector right, size_t steps, QueryContext* context);
// `scalar_on_left`: scalar OP vector. Comparisons without bool filter, keeping the vector's value.
absl::StatusOr<StepVector> VectorScalar(const BinaryOperation& operation, StepVector vector,
                                        const ScalarColumn& scalar, bool scalar_on_left,
                                        QueryContext* context);
ScalarColumn ScalarScalar(BinaryOperator op, const ScalarColumn& left, const ScalarColumn& right);

}  // namespace varve::query

#endif  // QUERY_ENGINE_BINARY_OPERATION_H_
