#include "query/engine/match_groups.h"

#include <utility>

#include "query/engine/aggregation_internal.h"
#include "query/engine/group_numbers.h"

namespace varve::query::binary_internal {

storage::LabelSet MatchLabels(const VectorMatching& matching, storage::LabelSetView labels) {
  const Grouping grouping{!matching.on, matching.labels};
  return aggregation_internal::GroupLabels(grouping, labels);
}

MatchGroups::MatchGroups(const VectorMatching& matching, const StepVector& left,
                         const StepVector& right) {
  GroupNumbers numbers(Grouping{!matching.on, matching.labels});
  const auto number = [&](const StepSeries& series) {
    const uint32_t found = numbers.Of(series.labels);
    if (numbers.count() > groups.size()) groups.emplace_back();
    return found;
  };
  of_left.reserve(left.size());
  for (size_t i = 0; i < left.size(); ++i) {
    of_left.push_back(number(left[i]));
    groups[of_left.back()].left.push_back(static_cast<uint32_t>(i));
  }
  of_right.reserve(right.size());
  for (size_t i = 0; i < right.size(); ++i) {
    of_right.push_back(number(right[i]));
    groups[of_right.back()].right.push_back(static_cast<uint32_t>(i));
  }
}

std::vector<uint8_t> AnyPresent(const StepVector& vector, const std::vector<uint32_t>& series,
                                size_t steps) {
  std::vector<uint8_t> any(steps);
  for (const uint32_t i : series) {
    const uint8_t* const present = vector[i].present.data();
    for (size_t s = 0; s < steps; ++s) any[s] = any[s] | present[s];
  }
  return any;
}

}  // namespace varve::query::binary_internal
