// MergeMetricParts: writes several parts of one day as one.
//
// Threads:  functions without state.
// Errors:   DATA_LOSS when an input is damaged (the inputs stay as they are); those of FileSystem.
#ifndef STORAGE_METRIC_COMPACTION_H_
#define STORAGE_METRIC_COMPACTION_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/metrics/metric_part_visibility.h"
#include "storage/metrics/metric_part_writer.h"

namespace varve::storage {

// `inputs` in the order of age. What deletions hide is left out; false, and no file, where nothing
// is left.
absl::StatusOr<bool> MergeMetricParts(FileSystem* files, std::vector<VisibleMetricPart> inputs,
                                      const std::string& path, const MetricPartOptions& options);

}  // namespace varve::storage

#endif  // STORAGE_METRIC_COMPACTION_H_
