// PartDeletions: what deletion masks hide of one part, series by series.
//
// Which series a mask matches is found once, when a query (or compaction) first needs to know.
//
// Threads:  thread-safe.
// Owns:     the masks and the ids they match.
// Errors:   DATA_LOSS where the part's index is damaged.
#ifndef STORAGE_PART_PART_DELETIONS_H_
#define STORAGE_PART_PART_DELETIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "storage/entry_filter.h"
#include "storage/index/postings.h"
#include "storage/index/series_index.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"
#include "storage/part/deletion_mask.h"
#include "storage/part/part_format.h"

namespace varve::storage {

// The filters of masks by the masks' ids, compiled. Most masks have none.
using MaskFilters = absl::flat_hash_map<uint64_t, EntryFilterPtr>;

// Entries of a stream that are hidden where `filter` matches them.
struct HiddenEntries {
  TimeRange range;
  const EntryFilter* filter = nullptr;
};

// The hidden times of the series (or streams) of one part, in the unit of its kind.
class HiddenSeries {
 public:
  // `filter`: nullptr for everything in the range; it outlives this.
  void Add(IdList ids, TimeRange range, const EntryFilter* filter = nullptr) {
    masks_.push_back({std::move(ids), range, filter});
  }

  // Whether no series has anything hidden.
  bool empty() const;
  // The times of one series that are hidden as a whole: sorted, disjoint. Most series have none.
  std::vector<TimeRange> RangesOf(uint32_t id) const;
  // What else of a stream is hidden.
  std::vector<HiddenEntries> EntriesOf(uint32_t id) const;

 private:
  struct Mask {
    IdList ids;  // sorted
    TimeRange range;
    const EntryFilter* filter;
  };
  std::vector<Mask> masks_;
};

class PartDeletions {
 public:
  // Those of `masks` that may hide something of a part; nullptr where none may. Every mask with a
  // filter has it in `filters`.
  static std::shared_ptr<const PartDeletions> For(SignalKind kind, const PartMetadata& part,
                                                  const std::vector<DeletionMaskPtr>& masks,
                                                  const MaskFilters& filters = {});

  const std::vector<DeletionMaskPtr>& masks() const { return masks_; }
  // `index` is the part's. The answer lives as long as this.
  absl::StatusOr<const HiddenSeries*> Find(const SeriesIndex& index) const;

  // The time of an entry of a stream that was once seen not to be hidden: filters need not be asked
  // again whether there is any.
  std::optional<int64_t> VisibleTime(uint32_t id) const;
  void NoteVisible(uint32_t id, int64_t time) const;

  // What was once counted of a stream's entries that are not hidden, from its block `run` on.
  struct VisibleSum {
    uint64_t entries = 0;
    uint64_t bytes = 0;
  };
  std::optional<VisibleSum> VisibleSumOf(uint32_t id, uint32_t run) const;
  void NoteVisibleSum(uint32_t id, uint32_t run, VisibleSum sum) const;

 private:
  explicit PartDeletions(SignalKind kind) : kind_(kind) {}

  const SignalKind kind_;
  std::vector<DeletionMaskPtr> masks_;
  std::vector<EntryFilterPtr> filters_;  // of each mask; nullptr for most
  mutable Mutex mutex_;
  mutable std::unique_ptr<const HiddenSeries> found_ ABSL_GUARDED_BY(mutex_);
  mutable absl::flat_hash_map<uint32_t, int64_t> visible_times_ ABSL_GUARDED_BY(mutex_);
  mutable absl::flat_hash_map<std::pair<uint32_t, uint32_t>, VisibleSum> visible_sums_
      ABSL_GUARDED_BY(mutex_);
};
using PartDeletionsPtr = std::shared_ptr<const PartDeletions>;

// A part's reader together with what is hidden of the part.
template <typename Reader>
struct VisiblePart {
  VisiblePart(Reader part_reader, PartDeletionsPtr part_deletions = nullptr)  // NOLINT: all visible
      : reader(std::move(part_reader)), deletions(std::move(part_deletions)) {}

  Reader reader;
  PartDeletionsPtr deletions;  // nullptr: nothing is hidden
};

// What is left of `range` without the `hidden` ones, which are sorted and disjoint.
std::vector<TimeRange> VisibleRanges(const std::vector<TimeRange>& hidden, TimeRange range);

}  // namespace varve::storage

#endif  // STORAGE_PART_PART_DELETIONS_H_
