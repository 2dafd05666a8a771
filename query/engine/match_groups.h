// MatchGroups: which series of the two sides of a binary operator have the same matching labels.
//
// Threads:  values.
#ifndef QUERY_ENGINE_MATCH_GROUPS_H_
#define QUERY_ENGINE_MATCH_GROUPS_H_

#include <cstdint>
#include <vector>

#include "query/engine/binary_operation.h"

namespace varve::query::binary_internal {

struct MatchGroups {
  struct Group {
    std::vector<uint32_t> left;  // series of each side, in order
    std::vector<uint32_t> right;
  };

  MatchGroups(const VectorMatching& matching, const StepVector& left, const StepVector& right);

  std::vector<uint32_t> of_left;  // the group of each series
  std::vector<uint32_t> of_right;
  std::vector<Group> groups;
};

// The labels by which `labels` is matched.
storage::LabelSet MatchLabels(const VectorMatching& matching, storage::LabelSetView labels);

// At which steps some of the named series are present.
std::vector<uint8_t> AnyPresent(const StepVector& vector, const std::vector<uint32_t>& series,
                                size_t steps);

}  // namespace varve::query::binary_internal

#endif  // QUERY_ENGINE_MATCH_GROUPS_H_
