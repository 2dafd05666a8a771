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
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/index/postings.h"
#include "storage/index/series_index.h"
#include "storage/model/mutex.h"
#include "storage/model/time_range.h"
#include "storage/part/deletion_mask.h"
#include "storage/part/part_format.h"

namespace varve::storage {

// The hidden times of the series (or streams) of one part, in the unit of its kind.
class HiddenSeries {
 public:
  void Add(IdList ids, TimeRange range) { masks_.push_back({std::move(ids), range}); }

  // Whether no series has anything hidden.
  bool empty() const;
  // Of one series: sorted, disjoint. Most series have none.
  std::vector<TimeRange> RangesOf(uint32_t id) const;

 private:
  struct Mask {
    IdList ids;  // sorted
    TimeRange range;
  };
  std::vector<Mask> masks_;
};

class PartDeletions {
 public:
  // Those of `masks` that may hide something of a part; nullptr where none may.
  static std::shared_ptr<const PartDeletions> For(SignalKind kind, const PartMetadata& part,
                                                  const std::vector<DeletionMaskPtr>& masks);

  const std::vector<DeletionMaskPtr>& masks() const { return masks_; }
  // `index` is the part's. The answer lives as long as this.
  absl::StatusOr<const HiddenSeries*> Find(const SeriesIndex& index) const;

 private:
  explicit PartDeletions(SignalKind kind) : kind_(kind) {}

  const SignalKind kind_;
  std::vector<DeletionMaskPtr> masks_;
  mutable Mutex mutex_;
  mutable std::unique_ptr<const HiddenSeries> found_ ABSL_GUARDED_BY(mutex_);
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
