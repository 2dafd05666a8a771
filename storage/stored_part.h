// StoredPart: an open part of any kind, with the reader that its kind has and what deletions hide
// of it.
//
// Threads:  immutable; readers are thread-safe.
// Owns:     shares the reader, which keeps the file open.
// Errors:   DATA_LOSS for a damaged file, FAILED_PRECONDITION for a format of the future.
#ifndef STORAGE_STORED_PART_H_
#define STORAGE_STORED_PART_H_

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/io/file_system.h"
#include "storage/logs/log_part.h"
#include "storage/metrics/histogram_part.h"
#include "storage/metrics/metric_part.h"
#include "storage/part/compaction_planner.h"
#include "storage/part/part_deletions.h"

namespace varve::storage {

// Every way of reading a part. A new kind that is read in another way adds its reader here and a
// case to OpenStoredPart.
using PartReader =
    std::variant<std::shared_ptr<MetricPart>, LogPartPtr, std::shared_ptr<HistogramPart>>;

struct StoredPart {
  PartSummary summary;
  PartReader reader;
  PartDeletionsPtr deletions;  // nullptr: nothing is hidden
};
using StoredPartPtr = std::shared_ptr<const StoredPart>;

// Opens the part file `path`, whose name says which kind it is.
absl::StatusOr<StoredPartPtr> OpenStoredPart(FileSystem* files, const std::string& path);

absl::StatusOr<const SeriesIndex*> IndexOf(const StoredPart& part);

// Parts that are all read as `Reader`, with what is hidden of each.
template <typename Reader>
std::vector<VisiblePart<Reader>> VisibleParts(const std::vector<StoredPartPtr>& parts) {
  std::vector<VisiblePart<Reader>> visible;
  visible.reserve(parts.size());
  for (const StoredPartPtr& part : parts) {
    visible.emplace_back(std::get<Reader>(part->reader), part->deletions);
  }
  return visible;
}

}  // namespace varve::storage

#endif  // STORAGE_STORED_PART_H_
