// FlushMetrics: writes what the metric head holds into parts, one for each UTC day it touches.
//
// Threads:  the maintenance thread, between the head's BeginFlush and EndFlush.
// Errors:   those of FileSystem; DATA_LOSS when a written part does not verify. The parts named so
//           far are then orphans, which the next Open of the database removes.
#ifndef STORAGE_METRIC_FLUSH_H_
#define STORAGE_METRIC_FLUSH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/metrics/metric_head.h"
#include "storage/part_set.h"

namespace varve::storage {

// The parts are of `kind`. Appends the names of the finished parts to `*names`.
absl::Status FlushMetrics(SignalKind kind, MetricHead* head, PartSet* parts,
                          std::vector<std::string>* names);

}  // namespace varve::storage

#endif  // STORAGE_METRIC_FLUSH_H_
