#include "query/engine/step_vector.h"

#include <algorithm>
#include <cstring>

#include "absl/container/flat_hash_map.h"

namespace varve::query {

bool StepSeries::has_any() const {
  return !present.empty() && std::memchr(present.data(), 1, present.size()) != nullptr;
}

absl::Status DuplicateLabelsError() {
  return absl::FailedPreconditionError("vector cannot contain metrics with the same labelset");
}

absl::Status MergeSameLabels(StepVector* vector) {
  absl::flat_hash_map<storage::LabelSetView, size_t> first;
  first.reserve(vector->size());
  std::vector<std::pair<size_t, size_t>> merges;  // (into, from)
  for (size_t i = 0; i < vector->size(); ++i) {
    const auto [position, inserted] = first.try_emplace((*vector)[i].labels.view(), i);
    if (!inserted) merges.emplace_back(position->second, i);
  }
  if (merges.empty()) return absl::OkStatus();
  std::vector<uint8_t> merged(vector->size());
  for (const auto& [into, from] : merges) {
    StepSeries& target = (*vector)[into];
    const StepSeries& source = (*vector)[from];
    for (size_t step = 0; step < source.present.size(); ++step) {
      if (!source.present[step]) continue;
      if (target.present[step]) return DuplicateLabelsError();
      target.CopyPoint(step, source);
    }
    target.drops_name |= source.drops_name;
    merged[from] = 1;
  }
  size_t kept = 0;
  for (size_t i = 0; i < vector->size(); ++i) {
    if (merged[i]) continue;
    if (kept != i) (*vector)[kept] = std::move((*vector)[i]);
    ++kept;
  }
  vector->resize(kept);
  return absl::OkStatus();
}

absl::Status CheckDistinctLabels(const StepVector& vector) {
  absl::flat_hash_map<storage::LabelSetView, size_t> seen;
  seen.reserve(vector.size());
  for (size_t i = 0; i < vector.size(); ++i) {
    const auto [position, inserted] = seen.try_emplace(vector[i].labels.view(), i);
    if (inserted) continue;
    // Series without points do not count; the earlier one may turn out to have none.
    if (!vector[i].has_any()) continue;
    if (vector[position->second].has_any()) return DuplicateLabelsError();
    position->second = i;
  }
  return absl::OkStatus();
}

void DropEmptySeries(StepVector* vector) {
  std::erase_if(*vector, [](const StepSeries& series) { return !series.has_any(); });
}

bool DropHistograms(StepVector* vector) {
  bool dropped = false;
  for (StepSeries& series : *vector) {
    for (size_t step = 0; step < series.histograms.size(); ++step) {
      if (!series.present[step] || series.histograms[step] == nullptr) continue;
      series.present[step] = 0;
      dropped = true;
    }
    series.histograms.clear();
  }
  return dropped;
}

bool HasHistograms(const StepVector& vector) {
  return std::any_of(vector.begin(), vector.end(),
                     [](const StepSeries& series) { return !series.histograms.empty(); });
}

}  // namespace varve::query
