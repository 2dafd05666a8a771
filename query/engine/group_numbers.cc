#include "query/engine/group_numbers.h"

#include <algorithm>

namespace varve::query {

void AppendGroupLabels(const Grouping& grouping, storage::LabelSetView labels,
                       std::string* packed) {
  const auto named = [&grouping](std::string_view name) {
    return std::find(grouping.labels.begin(), grouping.labels.end(), name) != grouping.labels.end();
  };
  const char* begin = labels.packed().data();
  for (const storage::LabelView& label : labels) {
    const char* const end = label.value.data() + label.value.size();
    const bool keep = grouping.without
                          ? label.name != storage::kMetricNameLabel && !named(label.name)
                          : named(label.name);
    if (keep && !label.value.empty()) packed->append(begin, end);
    begin = end;
  }
}

uint32_t GroupNumbers::Of(storage::LabelSetView labels) {
  packed_.clear();
  AppendGroupLabels(grouping_, labels, &packed_);
  if (last_number_ != UINT32_MAX && packed_ == last_packed_) return last_number_;
  const auto found = numbers_.find(packed_);
  last_number_ =
      found != numbers_.end()
          ? found->second
          : numbers_.try_emplace(packed_, static_cast<uint32_t>(numbers_.size())).first->second;
  last_packed_.swap(packed_);
  return last_number_;
}

}  // namespace varve::query
