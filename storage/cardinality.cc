#include "storage/cardinality.h"

#include <algorithm>
#include <utility>

namespace varve::storage {
namespace {

void KeepLargest(size_t limit, std::vector<NamedCount>* counts) {
  const auto larger = [](const NamedCount& a, const NamedCount& b) {
    return a.count != b.count ? a.count > b.count : a.name < b.name;
  };
  const size_t kept = std::min(limit, counts->size());
  std::partial_sort(counts->begin(), counts->begin() + static_cast<ptrdiff_t>(kept), counts->end(),
                    larger);
  counts->resize(kept);
}

}  // namespace

void CardinalityCounter::Add(LabelSetView labels) {
  ++series_;
  for (const LabelView& label : labels) {
    auto name = pairs_.find(label.name);
    if (name == pairs_.end()) name = pairs_.try_emplace(std::string(label.name)).first;
    auto value = name->second.find(label.value);
    if (value == name->second.end()) {
      value = name->second.try_emplace(std::string(label.value), 0).first;
    }
    ++value->second;
  }
}

Cardinality CardinalityCounter::Count(size_t limit) const {
  Cardinality count;
  count.series = series_;
  for (const auto& [name, values] : pairs_) {
    count.label_pairs += values.size();
    count.values_by_label.push_back({name, values.size()});
    uint64_t bytes = 0;
    for (const auto& [value, series] : values) {
      bytes += (name.size() + value.size() + 2) * series;
      count.series_by_pair.push_back({StrCat(name, "=", value), series});
      if (name == kMetricNameLabel) count.series_by_metric.push_back({value, series});
    }
    count.bytes_by_label.push_back({name, bytes});
    // Pairs may be as many as series: not all of them at once.
    if (count.series_by_pair.size() > 2 * limit) KeepLargest(limit, &count.series_by_pair);
  }
  for (auto* list : {&count.series_by_metric, &count.values_by_label, &count.bytes_by_label,
                     &count.series_by_pair}) {
    KeepLargest(limit, list);
  }
  return count;
}

}  // namespace varve::storage
