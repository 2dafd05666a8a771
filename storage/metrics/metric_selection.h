// MergedMetricSelection: the MetricSelection of a database: the head and the parts as one.
//
// A series may lie in several sources, usually one after the other in time: then its columns are
// joined. Where sources overlap (out-of-order samples, a part read beside the chunks it was made
// of), samples merge by time, and of one timestamp the earliest source wins: the value that was
// written first stays.
//
// Threads:  thread-safe.
// Owns:     its labels, the head's chunks and references to the parts.
#ifndef STORAGE_METRICS_METRIC_SELECTION_H_
#define STORAGE_METRICS_METRIC_SELECTION_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "storage/metrics/merged_series.h"
#include "storage/metrics/metric_head.h"
#include "storage/metrics/metric_part.h"
#include "storage/metrics/metric_part_reader.h"
#include "storage/model/mutex.h"
#include "storage/querier.h"

namespace varve::storage {

class MergedMetricSelection : public MetricSelection {
 public:
  // `parts` in the order of age, what was written first in front; `head` sorted by labels.
  static absl::StatusOr<std::unique_ptr<MergedMetricSelection>> Create(
      const std::vector<Matcher>& matchers, TimeRange range_ms,
      std::vector<VisibleMetricPart> parts, std::vector<HeadSeries> head);

  size_t size() const override { return series_.size(); }
  LabelSetView labels(size_t index) const override { return series_.labels(index); }
  // The index of the series with these labels; nullopt where the selection has none.
  std::optional<size_t> Find(LabelSetView labels) const;
  absl::Status Read(size_t index, TimeRange range_ms, SampleColumns* columns) const override;
  std::unique_ptr<MetricReader> NewReader() const override;

 private:
  using Source = MergedSeries::Source;
  class Reader;
  // Where the reading of a part goes on; empty until the part is first read.
  using PartReaders = std::vector<std::optional<MetricPartReader>>;

  MergedMetricSelection() = default;
  absl::Status ReadSource(Source source, TimeRange range_ms, PartReaders* readers,
                          SampleColumns* columns) const;
  absl::Status ReadAll(std::span<const Source> sources, TimeRange range_ms, PartReaders* readers,
                       SampleColumns* columns) const;
  // The same pointer for equal columns, so that work per column is shared.
  TimestampColumn Share(std::vector<int64_t> timestamps_ms) const;
  TimestampColumn Join(const std::vector<TimestampColumn>& columns) const;

  std::vector<VisibleMetricPart> parts_;
  std::vector<HeadSeries> head_;
  MergedSeries series_;

  mutable Mutex mutex_;
  mutable absl::flat_hash_map<uint64_t, TimestampColumn> shared_ ABSL_GUARDED_BY(mutex_);
  mutable absl::flat_hash_map<std::vector<TimestampColumn>, TimestampColumn> joined_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_SELECTION_H_
