// What deletions leave of a part of series, whatever its samples are.
//
// Threads:  functions without state.
// Errors:   those of MetricPart.
#ifndef STORAGE_METRICS_METRIC_PART_VISIBILITY_H_
#define STORAGE_METRICS_METRIC_PART_VISIBILITY_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/metrics/metric_part.h"
#include "storage/part/part_deletions.h"

namespace varve::storage {

using VisibleMetricPart = VisiblePart<std::shared_ptr<MetricPart>>;
// The series of a part of samples or of histograms.
using VisibleSeriesPart = VisiblePart<const MetricPart*>;

// The series that match. Those of which something is hidden are left out unless they have a sample
// in `range_ms` that is not.
absl::StatusOr<IdList> MatchVisible(const VisibleSeriesPart& part,
                                    const std::vector<Matcher>& matchers, TimeRange range_ms);

// The ranges within `range_ms` in which the samples of a series are not hidden; `range_ms` itself
// where nothing of the series is.
absl::StatusOr<std::vector<TimeRange>> VisibleRangesOf(const VisibleSeriesPart& part, uint32_t id,
                                                       TimeRange range_ms);

// MetricPart::Read without the samples that are hidden.
absl::Status ReadVisible(const VisibleMetricPart& part, uint32_t id, TimeRange range_ms,
                         TimestampColumn* timestamps_ms, std::vector<double>* values);

}  // namespace varve::storage

#endif  // STORAGE_METRICS_METRIC_PART_VISIBILITY_H_
