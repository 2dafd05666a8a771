// MetricPartReader reads many series of a part for one time range, in increasing order of ids if
// they are to cost little: it stays where the last series lay, and neighbours that share timestamps
// or a group of chunks do not look them up again.
//
// Threads:  one-thread; any number of readers may read a part.
// Owns:     the timestamps and the group of chunks that it used last.
// Errors:   those of MetricPart.
#ifndef STORAGE_METRICS_METRIC_PART_READER_H_
#define STORAGE_METRICS_METRIC_PART_READER_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "storage/metrics/metric_part.h"

namespace varve::storage {

class MetricPartReader {
 public:
  // `part` outlives the reader.
  explicit MetricPartReader(const MetricPart* part) : part_(part) {}

  // As MetricPart::Read.
  absl::Status Read(uint32_t id, TimeRange range_ms, TimestampColumn* timestamps_ms,
                    std::vector<double>* values);

 private:
  const MetricPart* part_;
  std::optional<SeriesChunksCursor> cursor_;
  MetricPart::ReadMemory memory_;
};

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_READER_H_
