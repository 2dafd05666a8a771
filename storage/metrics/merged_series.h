// MergedSeries: the series of several sources, parts and a head, as one list sorted by label set:
// which labels there are, and in which sources each of them lies.
//
// Threads:  immutable.
// Owns:     its labels.
// Errors:   those of MetricPart.
#ifndef STORAGE_METRICS_MERGED_SERIES_H_
#define STORAGE_METRICS_MERGED_SERIES_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/metrics/metric_part_visibility.h"
#include "storage/model/label_set.h"
#include "storage/model/matcher.h"
#include "storage/model/time_range.h"

namespace varve::storage {

class MergedSeries {
 public:
  struct Source {
    uint32_t part;  // index of the part, or kHead
    uint32_t id;    // of the series in the part, or its index in the head
  };
  static constexpr uint32_t kHead = UINT32_MAX;

  // `parts` in the order of age, what was written first in front: the order of a series' sources,
  // the head's behind them. `head` sorted by labels. Series of which a part has nothing to show,
  // because it is deleted, do not lie in it.
  static absl::StatusOr<MergedSeries> Create(const std::vector<Matcher>& matchers,
                                             TimeRange range_ms,
                                             const std::vector<VisibleSeriesPart>& parts,
                                             std::vector<LabelSet> head);

  size_t size() const { return entries_.size(); }
  LabelSetView labels(size_t index) const;
  std::span<const Source> sources(size_t index) const;

 private:
  // Where the sources of a series begin; they end where the next one's begin.
  struct Entry {
    uint64_t labels_offset;
    uint32_t labels_bytes;
    uint32_t sources_begin;
  };

  void AddEntry(LabelSetView labels);
  // All series lie in one source; `labels` are packed label sets that end at `ends`.
  void TakeOnly(uint32_t source, const std::vector<uint32_t>& ids,
                const std::vector<uint64_t>& ends, std::string labels);

  std::string labels_;  // packed label sets, one behind the other
  std::vector<Entry> entries_;
  std::vector<Source> sources_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_MERGED_SERIES_H_
