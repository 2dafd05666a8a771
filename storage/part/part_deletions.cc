#include "storage/part/part_deletions.h"

#include <algorithm>

#include "storage/status_macros.h"

namespace varve::storage {

bool HiddenSeries::empty() const {
  return std::all_of(masks_.begin(), masks_.end(),
                     [](const Mask& mask) { return mask.ids.empty(); });
}

std::vector<TimeRange> HiddenSeries::RangesOf(uint32_t id) const {
  std::vector<TimeRange> ranges;
  for (const Mask& mask : masks_) {
    if (mask.filter != nullptr) continue;
    if (std::binary_search(mask.ids.begin(), mask.ids.end(), id)) ranges.push_back(mask.range);
  }
  std::sort(ranges.begin(), ranges.end(),
            [](TimeRange a, TimeRange b) { return a.begin < b.begin; });
  size_t kept = 0;
  for (const TimeRange range : ranges) {
    if (kept > 0 && range.begin <= ranges[kept - 1].end) {
      ranges[kept - 1].end = std::max(ranges[kept - 1].end, range.end);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
  return ranges;
}

std::vector<HiddenEntries> HiddenSeries::EntriesOf(uint32_t id) const {
  std::vector<HiddenEntries> entries;
  for (const Mask& mask : masks_) {
    if (mask.filter == nullptr) continue;
    if (std::binary_search(mask.ids.begin(), mask.ids.end(), id)) {
      entries.push_back({mask.range, mask.filter});
    }
  }
  return entries;
}

std::shared_ptr<const PartDeletions> PartDeletions::For(SignalKind kind, const PartMetadata& part,
                                                        const std::vector<DeletionMaskPtr>& masks,
                                                        const MaskFilters& filters) {
  std::shared_ptr<PartDeletions> deletions(new PartDeletions(kind));
  for (const DeletionMaskPtr& mask : masks) {
    if (!mask->MayHide(kind, part)) continue;
    deletions->masks_.push_back(mask);
    deletions->filters_.push_back(mask->filter.empty() ? nullptr : filters.at(mask->id));
  }
  return deletions->masks_.empty() ? nullptr : deletions;
}

absl::StatusOr<const HiddenSeries*> PartDeletions::Find(const SeriesIndex& index) const {
  MutexLock lock(&mutex_);
  if (found_ == nullptr) {
    auto found = std::make_unique<HiddenSeries>();
    for (size_t i = 0; i < masks_.size(); ++i) {
      VARVE_ASSIGN_OR_RETURN(IdList ids, index.Match(masks_[i]->matchers));
      found->Add(std::move(ids), masks_[i]->RangeFor(kind_), filters_[i].get());
    }
    found_ = std::move(found);
  }
  return found_.get();
}

std::optional<int64_t> PartDeletions::VisibleTime(uint32_t id) const {
  MutexLock lock(&mutex_);
  const auto found = visible_times_.find(id);
  return found == visible_times_.end() ? std::nullopt : std::optional<int64_t>(found->second);
}

void PartDeletions::NoteVisible(uint32_t id, int64_t time) const {
  MutexLock lock(&mutex_);
  visible_times_[id] = time;
}

std::optional<PartDeletions::VisibleSum> PartDeletions::VisibleSumOf(uint32_t id,
                                                                     uint32_t run) const {
  MutexLock lock(&mutex_);
  const auto found = visible_sums_.find({id, run});
  return found == visible_sums_.end() ? std::nullopt : std::optional<VisibleSum>(found->second);
}

void PartDeletions::NoteVisibleSum(uint32_t id, uint32_t run, VisibleSum sum) const {
  MutexLock lock(&mutex_);
  visible_sums_[{id, run}] = sum;
}

std::vector<TimeRange> VisibleRanges(const std::vector<TimeRange>& hidden, TimeRange range) {
  std::vector<TimeRange> visible;
  for (const TimeRange& one : hidden) {
    if (one.end <= range.begin) continue;
    if (one.begin >= range.end) break;
    if (one.begin > range.begin) visible.push_back({range.begin, one.begin});
    range.begin = one.end;
  }
  if (!range.empty()) visible.push_back(range);
  return visible;
}

}  // namespace varve::storage
