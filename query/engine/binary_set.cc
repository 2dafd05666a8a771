// The set operators: and, or, unless. Values and labels stay; only presence changes.
#include <iterator>
#include <utility>

#include "query/engine/binary_kernel.h"
#include "query/engine/match_groups.h"
#include "storage/status_macros.h"

namespace varve::query::binary_internal {

absl::StatusOr<StepVector> SetOperation(const BinaryOperation& operation, StepVector left,
                                        StepVector right, size_t steps, QueryContext* context) {
  const MatchGroups matched(operation.matching, left, right);
  for (const MatchGroups::Group& group : matched.groups) {
    VARVE_RETURN_IF_ERROR(context->CheckAlive());
    if (operation.op == BinaryOperator::kOr) {
      if (group.left.empty() || group.right.empty()) continue;
      const std::vector<uint8_t> any = AnyPresent(left, group.left, steps);
      for (const uint32_t i : group.right) {
        uint8_t* const present = right[i].present.data();
        for (size_t s = 0; s < steps; ++s) present[s] = present[s] & (any[s] ^ 1);
      }
      continue;
    }
    if (group.left.empty()) continue;
    const uint8_t flip = operation.op == BinaryOperator::kUnless ? 1 : 0;
    const std::vector<uint8_t> any = AnyPresent(right, group.right, steps);
    for (const uint32_t i : group.left) {
      uint8_t* const present = left[i].present.data();
      for (size_t s = 0; s < steps; ++s) present[s] = present[s] & (any[s] ^ flip);
    }
  }
  if (operation.op != BinaryOperator::kOr) return left;
  left.insert(left.end(), std::make_move_iterator(right.begin()),
              std::make_move_iterator(right.end()));
  VARVE_RETURN_IF_ERROR(MergeSameLabels(&left));
  return left;
}

}  // namespace varve::query::binary_internal
